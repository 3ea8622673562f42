"""A tool that could do harm is refused when the company is read, in one clear line."""

import pytest
from pydantic import ValidationError

from audiosocket_agent.company_tools import BUILT_IN, DeclaredTool
from audiosocket_agent.tools import built_in

FINE = {"description": "Look it up", "url": "https://api.example.com/orders/{number}"}
NUMBER = {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]}


def nested(depth):
    schema = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return {"type": "object", "properties": {"a": schema}}


def holding(**schema):
    return {"type": "object", "properties": {"number": {"type": "string"} | schema},
            "required": ["number"]}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"url": "http://api.example.com/{number}"}, "needs https, but on this machine"),
        ({"url": "https://bob:pw@example.com/{number}"}, "no user and password in the address"),
        ({"url": "https://{number}.example.com/"}, "in the path or the query only"),
        ({"url": "ftp://example.com/{number}"}, "write an address like"),
        ({"url": "https://example.com/{number} HTTP/1.1"}, "write an address like"),
        ({"url": "https://example.com/{other}"}, "{other} is not required by input"),
        ({"url": "https://example.com/{number!r}"}, "write a place as {name}"),
        ({"url": "https://example.com/{number.__class__}"}, "write a place as {name}"),
        ({"auth": {"secret": "VOICEAGENT_API_TOKEN"}}, "is a setting of the agent"),
        ({"auth": {"secret": "DEEPGRAM_API_KEY"}}, "is a setting of the agent"),
        ({"auth": {"secret": "T", "how": "header"}}, "name goes with how: header"),
        ({"method": "POST", "retries": 1}, "give it an idempotency_header"),
        ({"adds": ["password"]}, "is none of caller_number"),
        ({"input": {"$ref": "https://evil.example/schema"}}, "$ref is not followed"),
        ({"input": holding(format="uri")}, "format must be one of"),
        ({"input": holding(pattern="(a+)+$")}, "no groups"),
        ({"input": holding(pattern="a*a*a*")}, "at most two of"),
        ({"input": holding(pattern="[")}, "is no regular expression"),
        ({"input": {"type": "string"}}, "it must be object"),
        ({"input": nested(7)}, "is nested more than 6 deep"),
        ({"input": holding(description="x" * 9000)}, "is longer than 8000 characters"),
        ({"input": {**NUMBER, "properties": {"number": {"type": "array"}}}}, "items is missing"),
        ({"output": {"type": "object", "properties": {"a b": {"type": "string"}}}}, "a property's"),
        ({"output": {"type": "object", "required": ["x"]}}, "stand under properties"),
        ({"output": {"type": "object", "required": [["x"]]}}, "stand under properties"),
        ({"timeout_s": 60}, "less than or equal to 20"),
    ],
)
def test_what_could_do_harm_is_refused(fields, why):
    with pytest.raises(ValidationError) as refused:
        DeclaredTool.model_validate({**FINE, "input": NUMBER, **fields})
    assert why in str(refused.value)


def test_names_of_built_in_tools_are_taken():
    assert set(built_in.NAMES) <= BUILT_IN


def test_a_company_survives_being_written_and_read():
    tool = DeclaredTool.model_validate({**FINE, "input": NUMBER, "output": NUMBER})
    assert DeclaredTool.model_validate(tool.model_dump(mode="json")) == tool
