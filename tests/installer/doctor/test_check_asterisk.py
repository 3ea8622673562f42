"""What is said of Asterisks that are older, newer or poorer than the sandbox's."""

from __future__ import annotations

import pytest

from asterisk_conf.modules import NEEDED
from tests.installer.doctor.console import asked


def version(text: str) -> dict[str, str]:
    return {"core show version": f"Asterisk {text} built by root @ pbx-1.2.3 on a x86_64\n"}


def rows(found) -> list[tuple[str, str]]:
    return [(one.verdict.value, one.what) for one in found]


def modules(lacking: tuple[str, ...] = (), routed: bool = True) -> dict[str, str]:
    def line(name: str) -> str:
        status = "Not Running" if name in lacking else "Running"
        return f"{name}.so          What it is          0          {status}          core\n"

    entry = "1. TryExec(Stasis(voiceagent,${VA_DID}))" if routed else "1. Goto(voiceagent-ai,1)"
    return {
        "module show": "".join(line(one.name) for one in NEEDED),
        **{f"module show like {name}": line(name) for name in lacking},
        "dialplan show voiceagent-in": f"[ Context 'voiceagent-in' created by 'x' ]\n {entry}\n",
    }


def test_an_old_build_has_its_faults_named_with_the_way_out(tmp_path):
    found = asked(tmp_path, "asterisk-version", version("22.3.0"))
    assert rows(found)[0] == ("green", "22.3.0: 5 known faults of AudioSocket, see below")
    digits = next(one for one in found if "digits" in one.what)
    assert digits.verdict.value == "yellow"
    assert digits.what_to_do == "upgrade to 22.4.0 or a later 22"


def test_a_line_that_is_never_mended_is_told_to_move(tmp_path):
    found = asked(tmp_path, "asterisk-version", version("18.26.4"))
    spins = next(one for one in found if "spins" in one.what)
    assert spins.what_to_do == "move to Asterisk 22"


@pytest.mark.parametrize(
    ("build", "verdict", "said"),
    [
        ("16.28.0~dfsg-0+deb11u4", "red", "16.28.0 is too old"),
        ("24.0.0", "yellow", "newer than all that is known"),
        ("GIT-master-1a2b3c4", "yellow", "is no release"),
    ],
)
def test_builds_nobody_looked_at_are_not_green(tmp_path, build, verdict, said):
    for check in ("asterisk-version", "asterisk-security"):
        ((found, what),) = rows(asked(tmp_path, check, version(build)))
        assert found == verdict and said in what


def test_security_fixes_that_lack_are_one_row(tmp_path):
    ((verdict, what),) = rows(asked(tmp_path, "asterisk-security", version("22.4.1")))
    assert verdict == "yellow" and "GHSA-vrfp-mg3q-3959" in what and "GHSA-c7p6" not in what


def test_a_line_that_is_given_up_is_said_so(tmp_path):
    found = rows(asked(tmp_path, "asterisk-security", version("18.26.4")))
    assert ("yellow", "Asterisk 18 gets no security fixes any more") in found


def test_an_asterisk_that_answers_is_green(tmp_path):
    found = asked(tmp_path, "asterisk-running", version("20.20.1"))
    assert rows(found) == [("green", "Asterisk 20.20.1 answers")]


def test_modules_by_how_much_they_are_needed(tmp_path):
    assert rows(asked(tmp_path, "modules", modules()))[0][0] == "green"
    ((verdict, what),) = rows(asked(tmp_path, "modules", modules(("app_queue",))))
    assert verdict == "red" and "app_queue (hands the caller to people)" in what
    ((verdict, what),) = rows(asked(tmp_path, "modules", modules(("app_amd",))))
    assert verdict == "yellow" and "app_amd" in what


def test_routings_modules_matter_only_where_calls_are_routed(tmp_path):
    assert rows(asked(tmp_path, "modules", modules(("res_ari",))))[0][0] == "red"
    assert rows(asked(tmp_path, "modules", modules(("res_ari",), routed=False)))[0][0] == "green"


def test_a_module_the_long_answer_left_out_is_asked_for_by_itself(tmp_path):
    answers = modules()
    lines = answers["module show"].splitlines(keepends=True)
    answers["module show"] = "".join(line for line in lines if "app_queue" not in line)
    answers["module show like app_queue"] = next(line for line in lines if "app_queue" in line)
    assert rows(asked(tmp_path, "modules", answers))[0][0] == "green"


@pytest.mark.parametrize(
    ("without", "verdict"),
    [((), "green"), (("g722",), "yellow"), (("ulaw",), "yellow"), (("ulaw", "alaw"), "red")],
)
def test_codecs_that_lack(tmp_path, without, verdict):
    answers = {
        f"core show translation paths {name}": "\tx:8000  To slin:8000  : "
        + ("No Translation Path\n" if name in without else "(x@8000)->(slin@8000)\n")
        for name in ("ulaw", "alaw", "g722")
    }
    ((found, _),) = rows(asked(tmp_path, "codecs", answers))
    assert found == verdict


TICKS = (
    "Using the 'pthread' timing module\nIt has been 1000 milliseconds, and we got {} timer ticks"
)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (TICKS.format(50), "green"),
        (TICKS.format(31), "yellow"),
        ("Unable to open timing source", "yellow"),
    ],
)
def test_timing(tmp_path, answer, verdict):
    ((found, _),) = rows(asked(tmp_path, "timing", {"timing test": answer}))
    assert found == verdict


def test_a_command_this_asterisk_does_not_know_is_not_looked_at(tmp_path):
    ((verdict, what),) = rows(asked(tmp_path, "timing", {}))
    assert verdict == "grey" and "does not know the command 'timing test'" in what
