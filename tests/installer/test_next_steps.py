"""What the admin is told to do next."""

from pathlib import Path, PurePosixPath

from installer.next_steps import Outcome, after_install, own_number
from installer.system import SystemParams
from installer.tree import Tree


def commands(service=True, **came):
    system = SystemParams(service=service, venv=PurePosixPath("/srv/va"))
    steps = after_install(Outcome(**{"system": system, "root": Path("/")} | came))
    return [f"{what} {command}" for what, command in steps]


def test_a_pbx_of_its_own():
    call, doctor, dialplan, undo = commands(own="+441632960777")
    assert "voiceagent call --did +441632960777" in call and "once AMI is on" not in call
    assert doctor.endswith("voiceagent doctor")
    assert "exten => +441632960777,1,Goto(voiceagent-in,${EXTEN},1)" in dialplan
    assert undo.endswith("voiceagent-install --undo")


def test_what_is_not_possible_yet_is_not_promised():
    assert "once AMI is on" in commands(ami=False)[0]


def test_freepbx_gets_a_destination_and_no_dialplan():
    text = "\n".join(commands(freepbx=True))
    assert "voiceagent-in,s,1" in text and "exten =>" not in text


def test_hosts_with_one_half():
    assert [one.split()[-1] for one in commands(asterisk=False)] == ["doctor", "--undo"]
    assert "voiceagent run" in commands(service=False)[0]
    there = ("On 10.0.0.2:", "voiceagent-install --agent-only")
    pbx = commands(service=False, there=(there,))
    assert pbx[0] == " ".join(there) and not any("voiceagent run" in one for one in pbx)


def test_what_nothing_works_without_comes_first():
    made = PurePosixPath("/etc/voiceagent/companies/bright.yaml")
    first, second, third, *_ = commands(stopped=True, secrets=True, made=made)
    assert first.endswith("systemctl start asterisk")
    assert "no calls" in second and second.endswith("voiceagent-install --ask")
    assert "services, prices" in third and f"sudoedit {made} " in third


def test_another_tree_is_named():
    assert commands(root=Path("/mnt/my pbx"))[-1].endswith("--undo --root '/mnt/my pbx'")


def test_the_number_of_the_admins_own_company(tmp_path):
    assert own_number(Tree(tmp_path)) == ""
    folder = tmp_path / "etc/voiceagent/companies"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text("key: a\n")
    (folder / "b.yaml").write_text('dids: ["+441632960777", "200"]\n')
    assert own_number(Tree(tmp_path)) == "+441632960777"
