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
        f"{path} line 5: steps.car.needs.1: there is no slot called nmae; is name meant?",
        f"{path} line 6: steps.car.on_failure: there is no step called peson; is person meant?",
    ]
    told = json.loads(run("check", "--json", path, code=1))[0]
    assert not told["holds"] and [it["line"] for it in told["wrong"]] == [5, 6]


def test_a_company_is_checked_with_its_workflow(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((SAMPLES / "millbrook.yaml").read_text().replace("54.85", "dear"))
    assert run("check", path, code=1) == (
        f"{path} line 13: services.0.price_pounds: 'dear' is no number\n"
    )


def test_a_price_with_a_comma_is_told_how_it_is_written(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text((SAMPLES / "millbrook.yaml").read_text().replace("54.85", "1,254.85"))
    assert run("check", path, code=1) == (
        f"{path} line 13: services.0.price_pounds: '1,254.85' has a comma; "
        "a number is written without: 1254.85\n"
    )


def test_a_company_whose_workflow_file_is_not_there_is_told_where_it_names_it(run, tmp_path):
    path = tmp_path / "mine.yaml"
    written = (SAMPLES / "millbrook.yaml").read_text().splitlines()
    at = next(n for n, line in enumerate(written) if line.startswith("workflow:"))
    written[at] = "workflow: none.workflow.yaml"
    path.write_text("\n".join(written))
    told = f"{path} line {at + 1}: workflow: there is no file none.workflow.yaml beside this one\n"
    assert run("check", path, code=2) == told
    assert run("draw", path, code=2) == f"voiceagent: {told}"
    (row,) = json.loads(run("check", "--json", path, code=2))
    assert row["wrong"][0]["line"] == at + 1


def test_what_cannot_be_read_has_a_code_of_its_own(run, tmp_path):
    missing = tmp_path / "none.yaml"
    assert run("check", missing, code=2) == f"{missing}: there is no such file\n"
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
    assert "bad.yaml line 1: " in run("draw", bad, code=1)


def test_the_shipped_ones_are_listed_and_shown(run):
    assert [row["name"] for row in json.loads(run("list", "--json"))] == list(trades())
    assert "garage" in run("list")
    assert run("show", "garage") == (TRADES / "garage.yaml").read_text()
    assert "out_of_hours" in json.loads(run("show", "garage", "--json"))["steps"]


def test_schemas_are_printed(run):
    assert json.loads(run("schema")) == workflow_schema()
    assert "dids" in json.loads(run("schema", "company"))["properties"]
