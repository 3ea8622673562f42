import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import audiosocket_agent
from ari_app.cli_workflow import workflow
from audiosocket_agent.workflow import trades
from audiosocket_agent.workflow.load import TRADES
from audiosocket_agent.workflow.schema import workflow_schema

SAMPLES = Path(audiosocket_agent.__file__).parent / "companies/samples"


@pytest.fixture
def run():
    def call(*arguments, code=0):
        done = CliRunner().invoke(workflow, [str(argument) for argument in arguments])
        assert done.exit_code == code, done.output
        return done.output

    return call


def test_what_holds_is_said_to(run):
    garage = TRADES / "garage.yaml"
    rosewood = SAMPLES / "rosewood.yaml"
    assert run("check", garage, rosewood) == f"{garage}: holds\n{rosewood}: holds\n"
    told = json.loads(run("check", "--json", garage))
    assert told == [{"file": str(garage), "holds": True, "wrong": []}]


def test_all_that_is_wrong_is_told_with_its_line(run, tmp_path):
    path = tmp_path / "plumber.workflow.yaml"
    path.write_text(
        "like: garage\nname: plumber\nsteps:\n  car:\n    needs: [registration, nmae]\n"
        "    on_failure: peson\n"
    )
    assert run("check", path, code=1).splitlines() == [
        f"{path}:5: steps.car.needs.1: there is no slot called nmae; is name meant?",
        f"{path}:6: steps.car.on_failure: there is no step called peson; is person meant?",
    ]
    told = json.loads(run("check", "--json", path, code=1))[0]
    assert not told["holds"] and [it["line"] for it in told["wrong"]] == [5, 6]


def test_a_company_is_checked_with_its_workflow(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((SAMPLES / "millbrook.yaml").read_text().replace("54.85", "dear"))
    assert run("check", path, code=1) == (
        f"{path}:13: services.0.price_pounds: 'dear' is no number; write digits only, like 90\n"
    )


def test_all_that_is_wrong_with_a_company_and_its_workflow_file_is_told(run, tmp_path):
    other = tmp_path / "own.workflow.yaml"
    other.write_text("like: garage\nname: own\nsteps:\n  car: {timeout_s: 2m, retrys: 2}\n")
    path = tmp_path / "mine.yaml"
    path.write_text(
        "key: mine\nname: Mine\ngreeting:\ndids: [one, two]\nworkflow: own.workflow.yaml\n"
        "hours:\n  mon: 9-5\n  tue: ['09:00-12:00', '11:00-13:00']\n  wednesday: 9am-5pm\n"
    )
    told = run("check", path, code=1).splitlines()
    assert told == [
        f"{path}: services: is missing; add services: VALUE",
        f"{path}:3: greeting: is empty; write a text; one that begins with # or & goes in quotes",
        f"{path}:4: dids.0: 'one' is no telephone number; write it with + and the country code, "
        'in quotes: "+441632960001"',
        f"{path}:4: dids.1: 'two' is no telephone number; write it with + and the country code, "
        'in quotes: "+441632960001"',
        f"{other}:4: steps.car.timeout_s: '2m' is no number; write it in seconds: 120",
        f"{other}:4: steps.car.retrys: there is no such field; did you mean retries? "
        "docs/workflows.md lists them all",
        f"{path}:7: hours.mon: '9-5' is no time; write it in quotes: \"09:00-17:00\"",
        f"{path}:8: hours.tue: 09:00-12:00 and 11:00-13:00 overlap",
        f"{path}:9: hours.wednesday: 'wednesday' is no day; use wed",
    ]
    rows = json.loads(run("check", "--json", path, code=1))[0]["wrong"]
    assert [row["line"] for row in rows] == [None, 3, 4, 4, 4, 4, 7, 8, 9]
    assert run("draw", path, code=1) == f"voiceagent: {told[0]}\n"


def test_all_that_is_wrong_with_the_workflow_within_a_company_is_told(run, tmp_path):
    path = tmp_path / "mine.yaml"
    text = (
        (SAMPLES / "millbrook.yaml")
        .read_text()
        .replace(
            "workflow: garage",
            "workflow:\n  like: garage\n  name: own\n  steps:\n    car:\n      "
            "needs: [registration, nmae]\n      on_failure: peson",
        )
    )
    path.write_text(text)
    at = text.splitlines().index("workflow:") + 1
    assert run("check", path, code=1).splitlines() == [
        f"{path}:{at + 5}: workflow.steps.car.needs.1: there is no slot called nmae; is name "
        "meant?",
        f"{path}:{at + 6}: workflow.steps.car.on_failure: there is no step called peson; is person "
        "meant?",
    ]


def test_a_company_without_its_greeting_is_still_taken_for_one(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((SAMPLES / "millbrook.yaml").read_text().replace("greeting:", "greating:"))
    told = run("check", path, code=1).splitlines()
    assert told[0] == f"{path}: greeting: is missing; add greeting: VALUE"
    assert (
        told[1].endswith(
            "greating: there is no such field; did you mean greeting? "
            "docs/companies.md lists them all"
        )
        and len(told) == 2
    )


def test_a_price_with_a_comma_is_told_how_it_is_written(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((SAMPLES / "millbrook.yaml").read_text().replace("54.85", "1,254.85"))
    assert run("check", path, code=1) == (
        f"{path}:13: services.0.price_pounds: '1,254.85' has a comma; "
        "a number is written without: 1254.85\n"
    )


def test_a_company_whose_workflow_file_is_not_there_is_told_where_it_names_it(run, tmp_path):
    path = tmp_path / "mine.yaml"
    written = (SAMPLES / "millbrook.yaml").read_text().splitlines()
    at = next(n for n, line in enumerate(written) if line.startswith("workflow:"))
    written[at] = "workflow: none.workflow.yaml"
    path.write_text("\n".join(written))
    told = f"{path}:{at + 1}: workflow: there is no file none.workflow.yaml beside this one\n"
    assert run("check", path, code=2) == told
    assert run("draw", path, code=2) == f"voiceagent: {told}"
    (row,) = json.loads(run("check", "--json", path, code=2))
    assert row["wrong"][0]["line"] == at + 1


def test_what_cannot_be_read_has_a_code_of_its_own(run, tmp_path):
    missing = tmp_path / "none.yaml"
    assert run("check", missing, code=2) == f"{missing}: there is no such file\n"
    assert run("check", tmp_path, code=2) == f"{tmp_path}: is a folder; name the files in it\n"
    assert "is no file, and no shipped workflow: appointments" in run("draw", missing, code=2)
    assert "is no file" in run("show", "plumber", code=2)


def test_drawings_go_to_a_file_or_to_the_terminal(run, tmp_path):
    assert "flowchart TD" in run("draw", "garage")
    assert run("draw", SAMPLES / "rosewood.yaml", "--format", "svg", "-o", tmp_path / "a.svg") == ""
    assert (tmp_path / "a.svg").read_text().startswith("<svg ")
    nowhere = tmp_path / "no/a.svg"
    assert "No such file or directory" in run("draw", "garage", "-o", nowhere, code=2)
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: [")
    assert "bad.yaml:1: " in run("draw", bad, code=1)


def test_the_shipped_ones_are_listed_and_shown(run):
    assert [row["name"] for row in json.loads(run("list", "--json"))] == list(trades())
    assert "garage" in run("list")
    assert run("show", "garage") == (TRADES / "garage.yaml").read_text()
    assert "out_of_hours" in json.loads(run("show", "garage", "--json"))["steps"]


def test_schemas_are_printed(run):
    assert json.loads(run("schema")) == workflow_schema()
    assert "dids" in json.loads(run("schema", "company"))["properties"]
