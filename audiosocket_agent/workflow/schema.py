"""JSON Schemas of the files people write, for their editors. Pure."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from audiosocket_agent.workflow.model import BUILT_IN_TOOLS, FAILURES, SIDE_WAYS, Workflow

if TYPE_CHECKING:
    from audiosocket_agent.company import Company

DRAFT = "https://json-schema.org/draft/2020-12/schema"
WORKFLOW, COMPANY = "workflow.schema.json", "company.schema.json"  # in docs/schemas
_LIKE = {"type": "string", "description": "The shipped workflow that this one differs from."}


def workflow_schema() -> dict[str, Any]:
    """Return the schema of a workflow file."""
    schema = Workflow.model_json_schema()
    _describe(schema)
    defs = schema.pop("$defs")
    defs["Workflow"] = schema
    _add_likeness(defs)
    return {"$schema": DRAFT, "title": "Workflow of a voice agent", "$defs": defs, **_WORKFLOW}


def company_schema(company: type[Company]) -> dict[str, Any]:
    """Return the schema of a company file.

    Args:
        company: The class of companies.
    """
    schema = company.model_json_schema()
    _describe(schema)
    _add_likeness(schema["$defs"])
    schema["properties"]["workflow"] = {
        "description": "How its calls go: a shipped workflow by name, a file beside this one "
        "(NAME.workflow.yaml), or all of it.",
        "if": {"type": "string"},
        "then": True,
        "else": _WORKFLOW,
    }
    days = schema["properties"]["hours"]["anyOf"][0]
    days["additionalProperties"] = {"anyOf": [{"type": "string"}, days["additionalProperties"]]}
    return {"$schema": DRAFT, **schema, "title": "Company of a voice agent"}


# By "if" an editor says what is wrong with the one that is meant, instead of with both.
_WORKFLOW = {
    "if": {"type": "object", "required": ["like"]},
    "then": {"$ref": "#/$defs/WorkflowLike"},
    "else": {"$ref": "#/$defs/Workflow"},
}


def _add_likeness(defs: dict[str, Any]) -> None:
    """Add the schema of a workflow that names another: it may leave out whatever that has."""
    ends = defs["StepRule"]["properties"]["ends"]
    del ends["$ref"]  # the other outcomes need a number
    ends["enum"] = ["hangup", "queue", "voicemail"]
    for name in ("SlotRule", "StepRule"):
        part = copy.deepcopy(defs[name])
        del part["required"]
        defs[f"{name}Like"] = part
    like = copy.deepcopy(defs["Workflow"])
    like["required"] = ["like"]
    like["properties"] = {"like": dict(_LIKE), **like["properties"]}
    for name, rule in (("slots", "SlotRuleLike"), ("steps", "StepRuleLike")):
        ref = {"$ref": f"#/$defs/{rule}"}
        for among in ("additionalProperties", "patternProperties"):
            if among in like["properties"][name]:
                of = like["properties"][name][among]
                like["properties"][name][among] = ref if "$ref" in of else dict.fromkeys(of, ref)
    defs["WorkflowLike"] = like


def _describe(schema: dict[str, Any]) -> None:
    """Take the fields' meanings from the docstrings of their classes, where they are told."""
    for part in (schema, *schema.get("$defs", {}).values()):
        told = _attributes(part.get("description", ""))
        if "description" in part:
            part["description"] = part["description"].split("\n\n")[0].replace("\n", " ")
        for name, field in part.get("properties", {}).items():
            if name in told:
                # A reference is shared by all that name it: what is told belongs to the field.
                part["properties"][name] = {**copy.deepcopy(field), "description": told[name]}
    steps = schema.get("$defs", {}).get("StepRule", {}).get("properties", {})
    if steps:
        steps["on_failure"]["examples"] = [*FAILURES, *map(str, SIDE_WAYS)]
        steps["tools"]["items"]["examples"] = list(BUILT_IN_TOOLS)


def _attributes(docstring: str) -> dict[str, str]:
    """Return the Attributes section of a docstring, by name."""
    _, found, section = docstring.partition("Attributes:\n")
    told: dict[str, str] = {}
    name = ""
    for line in section.splitlines() if found else ():
        indent = len(line) - len(line.lstrip())
        first, colon, rest = line.strip().partition(":")
        if indent <= 4 and colon and first.isidentifier():
            name, told[first] = first, rest.strip()
        elif name and line.strip():
            told[name] = f"{told[name]} {line.strip()}"
    return {name: text.replace("`", "") for name, text in told.items()}
