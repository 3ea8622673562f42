from pathlib import PurePosixPath as P

from installer.model import Kind, Manifest, Owned, Role
from installer.system import COMPANIES, ENV_FILE, UNIT, NewCompany, SystemParams
from installer.tree import Tree
from installer.wanted_system import Owners, owners_without_pbx, wanted_system

OWNERS = Owners(user=1, group=2, agents_group=3, agents_group_name="asterisk")
COMPANY = NewCompany(name="Bright & Sons", did="+44 1632 960001")


def wanted(root, params, manifest=None):
    found = wanted_system(params, Tree(root), OWNERS, manifest or Manifest())
    return {one.path: one for one in found}


def test_files_have_their_owner_and_only_what_the_agent_reads_its_group(tmp_path):
    found = wanted(tmp_path, SystemParams())
    env, unit = found[ENV_FILE], found[UNIT]
    assert (env.node.uid, env.node.gid, env.node.mode) == (1, 3, 0o640)
    assert env.settings and not env.bulk
    assert (unit.node.uid, unit.node.gid, unit.node.mode) == (1, 2, 0o644)
    assert not unit.settings and not unit.bulk


def test_folders_come_before_what_is_in_them_whether_they_are_ours_or_the_distributions(tmp_path):
    paths = list(wanted(tmp_path, SystemParams(company=COMPANY)))
    assert {P("/etc"), P("/etc/systemd"), P("/etc/systemd/system"), COMPANIES} <= set(paths)
    for place, path in enumerate(paths):
        assert all(parent in paths[:place] for parent in path.parents[:-1])


def test_what_is_there_is_kept_and_its_change_is_worth_showing(tmp_path):
    place = tmp_path / "etc/voiceagent/voiceagent.env"
    place.parent.mkdir(parents=True)
    place.write_text("# mine\nVOICEAGENT_HTTP_PORT=8099\n")
    env = wanted(tmp_path, SystemParams(values={"VOICEAGENT_QUEUE": "sales"}))[ENV_FILE]
    assert env.node.content.startswith(b"# mine\nVOICEAGENT_HTTP_PORT=8099\n") and not env.bulk
    assert b"VOICEAGENT_QUEUE=sales" in env.node.content


def test_a_company_of_an_earlier_run_stays(tmp_path):
    first = wanted(tmp_path, SystemParams(company=COMPANY))
    (path,) = (one for one in first if one.parent == COMPANIES)
    place = tmp_path / path.relative_to("/")
    place.parent.mkdir(parents=True)
    place.write_bytes(first[path].node.content)
    manifest = Manifest((Owned(path, Role.SETTINGS, first[path].node.digest),))
    assert wanted(tmp_path, SystemParams(), manifest)[path].node == first[path].node


def test_settings_kept_elsewhere_through_a_link_are_written_there(tmp_path):
    (tmp_path / "etc/voiceagent").mkdir(parents=True)
    (tmp_path / "etc/voiceagent/voiceagent.env").symlink_to("/srv/voice.env")
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv/voice.env").write_text("A=1\n")
    found = wanted(tmp_path, SystemParams())
    assert found[P("/srv/voice.env")].node.content.startswith(b"A=1\n")
    assert found[P("/srv/voice.env")].node.kind is Kind.FILE and ENV_FILE not in found


def test_without_an_asterisk_everything_is_the_superusers(tmp_path):
    (tmp_path / "etc").mkdir()
    status = (tmp_path / "etc").stat()
    found = owners_without_pbx(Tree(tmp_path))
    assert found == Owners(status.st_uid, status.st_gid, status.st_gid, "")
