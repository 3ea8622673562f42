"""What docs/tools.md shows works, and its table names every field with its default."""

import asyncio
import re
from pathlib import Path

from ari_app.settings import Settings
from audiosocket_agent.company_messages import PLACES, Messages
from audiosocket_agent.company_tools import Auth, DeclaredTool
from audiosocket_agent.company_yaml import read_yaml
from audiosocket_agent.guard import SAFE, TAKEN_BACK
from audiosocket_agent.guard_words import Kind
from audiosocket_agent.memory import SUMMARY_TOKENS
from audiosocket_agent.tools.company_http import CompanyHttp
from tests.audiosocket_agent.tools.company_server import serving

PAGE = (Path(__file__).parents[3] / "docs" / "tools.md").read_text()
KNOWN = {"caller_number": "+441632960123", "call_id": "call-1", "company": "harbour"}


def test_the_example_loads_and_runs():
    example, _ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    ((name, fields),) = read_yaml(example)["tools"].items()

    async def main():
        async with serving((200, {"state": "on its way", "day": "Tuesday", "cost": 3})) as server:
            url = fields["url"].replace("https://api.example.com", server.url)
            tool = DeclaredTool.model_validate(fields | {"url": url})
            http = CompanyHttp({tool.auth.secret: "hidden"})
            answer = await http.run(name, tool, {"number": "AB1234"}, KNOWN)
            await http.close()
            ((_, path, headers, _),) = server.asked
            assert path == "/orders/AB1234" and headers["Authorization"] == "Bearer hidden"
            return answer

    assert asyncio.run(main()) == {"state": "on its way", "day": "Tuesday"}


def test_the_messages_of_the_page_are_read():
    _, example = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    read = Messages.model_validate(read_yaml(example)["messages"])
    assert set(read.sms.templates) == {"booked"} and set(read.email.templates) == {"prices"}
    assert all(f"{{{place}}}" in PAGE for place in PLACES)


def test_the_tables_name_every_field_and_plain_defaults():
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", PAGE, re.MULTILINE))
    for model in (DeclaredTool, Auth):
        for name, field in model.model_fields.items():
            assert name in rows, name
            if isinstance(field.default, int | float) and not field.is_required():
                assert str(field.default) in rows[name], name


def test_the_page_names_every_kind_that_is_stopped_and_what_is_said_of_danger():
    kinds = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## What the model may not say")[2], re.M)
    assert sorted(kinds) == sorted(kind.value for kind in Kind)
    assert f'"{SAFE[Kind.SAFETY]}"' in " ".join(PAGE.split())
    assert TAKEN_BACK in PAGE


def test_the_page_tells_how_much_of_the_talk_is_shown():
    field = Settings.model_fields["llm_talk_tokens"]
    assert f"`VOICEAGENT_LLM_TALK_TOKENS` tokens ({field.default} unless set)" in PAGE
    assert f"at most {SUMMARY_TOKENS} tokens" in PAGE
