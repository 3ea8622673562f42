"""``voiceagent simulate``, and the commands of its guide."""

import json
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from ari_app.cli import main
from ari_app.simulate.scenario_file import SHIPPED, find_files, read_case, schema

GUIDE = Path(__file__).parents[2] / "docs/simulate.md"
WRONG = "about: It is no person.\npersona: {goal: person}\nexpect: {outcome: hangup}\n"


def run(*arguments, typed=""):
    return CliRunner().invoke(main, arguments, input=typed, catch_exceptions=False)


def test_at_least_forty_scenarios_come_along_and_a_dozen_are_spoken():
    cases = [read_case(path) for path in find_files([])]
    assert len(cases) >= 40
    assert sum("speech" in case.scenario.modes for case in cases) >= 12
    assert {case.company.key for case in cases} >= {"harbour", "millbrook", "rosewood"}


def test_a_report_that_cannot_be_written_is_told_before_the_run(tmp_path):
    done = run("simulate", str(SHIPPED), "--junit", str(tmp_path / "none" / "report.xml"))
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "there is no folder" in done.output


def test_the_report_tells_what_went_wrong(tmp_path):
    (tmp_path / "wrong.yaml").write_text(WRONG)
    junit = tmp_path / "report.xml"
    done = run("simulate", str(tmp_path), "--model", "rules", "--junit", str(junit))
    assert done.exit_code == 1
    assert "FAILED: wrong, rules, seed 1" in done.output
    assert "outcome: queue instead of hangup" in done.output
    assert "0 of 1 passed (0.0 %)" in done.output
    suite = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert "outcome: queue" in suite.find("testcase/failure").get("message")
    assert "How can I help?" in suite.find("testcase/failure").text


def test_json_has_every_call_of_every_seed():
    file = str(SHIPPED / "book_terse.yaml")
    done = run("simulate", file, "--json", "--repeat", "2", "--seed", "5", "--model", "both")
    assert done.exit_code == 0
    told = json.loads(done.output)
    assert (told["runs"], told["passed"], told["rate"]) == (4, 4, 100.0)
    assert {(call["model"], call["seed"]) for call in told["calls"]} == {
        (model, seed) for model in ("rules", "simulated") for seed in (5, 6)
    }
    assert told["calls"][0]["bookings"][0]["service"] == "boiler_service"


def test_word_errors_are_heard_and_survived():
    done = run("simulate", str(SHIPPED / "book_chatty.yaml"), "--word-errors", "5", "--json")
    told = json.loads(done.output)
    assert told["runs"] == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (None, ": there is no such file\n"),
        ("persona: [", ":1: the file ends where a value belongs"),
        ("about: x\nexpect: {bookings: no}\npersona: {}\n", ":2: expect.bookings: 'no' is no num"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, text, what):
    path = tmp_path / "a.yaml"
    if text is not None:
        path.write_text(text)
    done = run("simulate", str(path))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{path}{what}")
    assert done.stderr.count("\n") == 1


def test_all_that_is_wrong_with_all_files_is_told(tmp_path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("about: x\npersona:\n  goal: fly\n  manner: [shy]\nexpect: {}\n")
    second.write_text("about: x\npersona: {}\nexpect:\n  steps: [greet, qoute]\n")
    assert run("simulate", str(first), str(second)).stderr.splitlines() == [
        f"{first}:3: persona.goal: 'fly' is none of these: 'book', 'price', 'person', 'silence' or "
        "'nothing'",
        f"{first}:4: persona.manner.0: 'shy' is none of these: 'plain', 'terse', 'chatty', "
        "'corrects', 'changes_mind', 'misspells', 'mumbles', 'angry', 'silent', 'keypad' or "
        "'breaks'",
        f"{second}:4: expect.steps.1: harbour has no step qoute; there are book, call_back, close, "
        "collect, confirm, greet, message, out_of_hours, qualify, quote, recover, transfer, "
        "understand, voicemail",
    ]


def test_a_folder_without_scenarios_is_refused(tmp_path):
    done = run("simulate", str(tmp_path))
    assert done.exit_code == 2
    assert "holds no scenario" in done.stderr


def test_the_schema_is_printed():
    assert run("simulate", "--schema").output == schema()


def test_the_guides_example_passes(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.S)
    assert blocks
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.yaml").write_text(block)
    done = run("simulate", str(tmp_path))
    assert done.exit_code == 0, done.output


def test_the_guides_commands_are_understood(tmp_path, monkeypatch):
    """Each command of the guide runs; what takes minutes runs with one small scenario."""
    (tmp_path / "my-scenarios").mkdir()
    small = (SHIPPED / "person_now.yaml").read_text().replace("[text, speech]", "[text]")
    (tmp_path / "my-scenarios" / "one.yaml").write_text(small)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    lines = [
        line.rpartition("| ")[2]
        for block in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.S)
        for line in block.splitlines()
    ]
    assert len(lines) >= 7
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "voiceagent"
        if words[1] == "simulate" and {"--speech", "--phrases"} & set(words):
            assert run(*words[1:], "--help").exit_code == 0  # test_spoken_calls, test_phrases
            continue
        if words[1] == "simulate" and "my-scenarios/" not in words:
            words.append("my-scenarios")
        done = run(*words[1:], typed="a boiler\nFalmouth\nno thanks\n")
        assert done.exit_code == 0, (line, done.output)
    assert (tmp_path / "report.xml").exists()
