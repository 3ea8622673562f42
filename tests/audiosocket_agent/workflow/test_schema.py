import json
from pathlib import Path

import fastjsonschema
import pytest

import audiosocket_agent
from audiosocket_agent.company import Company
from audiosocket_agent.company_yaml import read_yaml
from audiosocket_agent.workflow import trades
from audiosocket_agent.workflow.load import TRADES
from audiosocket_agent.workflow.schema import COMPANY, WORKFLOW, company_schema, workflow_schema

SCHEMAS = Path(__file__).parents[3] / "docs/schemas"
COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"
IS_WORKFLOW = fastjsonschema.compile(workflow_schema())
IS_COMPANY = fastjsonschema.compile(company_schema(Company))


def test_the_published_schemas_are_current():
    """If not: voiceagent workflow schema > docs/schemas/..., and the same with "company"."""
    assert json.loads((SCHEMAS / WORKFLOW).read_text()) == workflow_schema()
    assert json.loads((SCHEMAS / COMPANY).read_text()) == company_schema(Company)


@pytest.mark.parametrize("name", trades())
def test_the_shipped_workflows_fit_the_schema(name):
    IS_WORKFLOW(read_yaml((TRADES / f"{name}.yaml").read_text()))


@pytest.mark.parametrize("path", sorted(COMPANIES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_sample_companies_fit_the_schema(path):
    IS_COMPANY(read_yaml(path.read_text()))


def changed(**fields):
    data = read_yaml((TRADES / "garage.yaml").read_text())
    return {**data, **fields}


@pytest.mark.parametrize(
    "data",
    [
        changed(steps={}),
        changed(slots={"a": {"kind": "colour", "ask": ["?"], "meaning": "x"}}),
        changed(steps={"greet": {"goal": "x", "timeout_s": 1}}),
        changed(steps={"greet": {"goal": "x", "ends": "outside"}}),
        changed(stepps={}),
        {"name": "x"},
        {"like": "garage", "slots": {"a": {"kid": "text"}}},
        [],
    ],
)
def test_an_editor_marks_what_is_no_workflow(data):
    with pytest.raises(fastjsonschema.JsonSchemaException):
        IS_WORKFLOW(data)


def test_every_field_is_told():
    for part in (workflow_schema()["$defs"][name] for name in ("Workflow", "SlotRule", "StepRule")):
        assert all(len(field["description"]) > 10 for field in part["properties"].values())
