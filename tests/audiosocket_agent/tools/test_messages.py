"""Texts and emails: the company's words, to the caller's own number or address, once, signed."""

import asyncio
import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ari_app.diary.outbox import parcel_of
from ari_app.diary.sending import Answer, Sender
from audiosocket_agent.company import Company, load_companies
from audiosocket_agent.conversation import Facts, Heard, Started, State
from audiosocket_agent.conversation_state import Noted
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.errors import ToolError
from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import Role
from audiosocket_agent.signing import signature
from audiosocket_agent.speech import Line
from audiosocket_agent.tool_schemas import tools
from audiosocket_agent.tools import messages
from audiosocket_agent.tools.company_http import CompanyHttp
from audiosocket_agent.tools.of_call import Tools
from audiosocket_agent.workflow import Slot
from audiosocket_agent.workflow.load import trade
from tests.audiosocket_agent.tools.company_server import serving
from tests.engines import ScriptedModel
from tests.fake_asterisk import DID, SHIPPED
from tests.injections.test_injections import tool

TODAY = date(2026, 11, 21)
OWN = "01632960123"
TEXT = "{company}: your {service} is booked for {day}, {part}. Reference {reference}."
SLOTS = {"service": "leaking_tap", "area": "truro", "day": "2026-11-24", "part": "morning"}
TEXT_IT = tool("send_sms", template="booked")
MAIL_IT = tool("send_email", template="prices")


def company_at(url):
    fields = load_companies(SHIPPED)[DID].model_dump(mode="json")
    workflow = trade("home_services").model_dump(mode="json", exclude_none=True)
    workflow["name"] = "with_email"
    workflow["slots"]["email"] = {
        "kind": "email", "meaning": "The email address.",
        "ask": ["What is your email address?", "Your email?", "Which email?", "The email?"],
    }  # fmt: skip
    workflow["steps"]["collect"]["needs"].append("email")
    hello = {"text": "This is {company}."}
    fields["messages"] = {
        "sms": {"url": f"{url}/sms", "secret": "SMS_SECRET",
                "templates": {"booked": {"text": TEXT}, "hello": hello}},
        "email": {"url": f"{url}/mail", "secret": "SMS_SECRET",
                  "templates": {"prices": {"subject": "{company}", "text": "{service}: {price}"}}},
    }  # fmt: skip
    return Company.model_validate(fields | {"workflow": workflow})


class Post:
    """A diary that only sends, as the real one does, and keeps nothing."""

    def __init__(self, secrets):
        self.sender = Sender(lambda: datetime.now(UTC), secrets)

    async def post(self, record_id, company, message):
        row = {
            "position": 1, "event_id": message.event_id, "target": message.event.channel,
            "company": company.key, "reference": "", "type": message.event.value, "key": "",
            "data": message.data, "before": None, "tries": 1, "created_at": "2026-11-21T10:00Z",
        }  # fmt: skip
        sent = await self.sender.send(parcel_of(row), company)
        return {
            Answer.TAKEN_IN: messages.Posted.SENT,
            Answer.FAILED: messages.Posted.KEPT,
            Answer.UNWANTED: messages.Posted.REFUSED,
        }[sent.answer]


class Texting:
    """A call that stands at its end, booked, with a model that sends things."""

    def __init__(self, url, *answers, caller=OWN, secrets=None, slots=SLOTS):
        self.facts = Facts(company_at(url), caller, TODAY)
        secrets = {"SMS_SECRET": "whsec_c2VjcmV0"} if secrets is None else secrets
        self.post = Post(secrets)
        self.tools, self.id = Tools(CompanyHttp(secrets), self.post), uuid.uuid4()
        runner = self.tools.of_call(self.id, self.facts, self.note)
        self.model = ScriptedModel(*answers)
        begin = State(slots={Slot(name): value for name, value in slots.items()})
        self.dialogue = Dialogue(Mind(self.model), self.facts, None, "call", begin, runner)
        self.history, self.reference = [], "482913"

    async def note(self, wish):
        return Noted()

    def draft(self, event):
        draft = self.dialogue.draft(event, self.history, free_speech=True)
        draft.reference = self.reference
        return draft

    async def hears(self, text):
        draft = self.draft(Heard(text))
        self.dialogue.commit(draft)
        said = [p async for p in draft.pieces() if isinstance(p, str | Line)]
        words = "".join(p if isinstance(p, str) else f" {p.text}" for p in said).strip()
        self.history += [(Speaker.CALLER, text), (Speaker.AGENT, words)]
        return words

    @property
    def told(self):
        newest = self.model.requests[-1].messages[-1]
        assert newest.role is Role.TOOL
        return json.loads(newest.content)


def run(scenario, *answers, server_answers=((200, {}),), **call):
    async def main():
        async with serving(*server_answers) as server:
            line = Texting(server.url, *answers, **call)
            draft = line.draft(Started(open_question=True))
            line.dialogue.commit(draft)
            [piece async for piece in draft.pieces()]
            try:
                return await scenario(line, server)
            finally:
                await line.tools.close()
                await line.post.sender.close()

    return asyncio.run(main())


def test_a_text_goes_to_the_callers_own_number_in_the_companys_words_and_signed():
    async def scenario(line, server):
        await line.hears("text me that please")
        assert line.told == {"result": {"sent": True}, "facts": [messages.SENT["send_sms"]]}
        ((method, path, headers, body),) = server.asked
        assert (method, path) == ("POST", "/sms")
        told = json.loads(body)
        assert told["type"] == "message.sms" and told["id"] == headers["webhook-id"]
        name = line.facts.company.name
        assert told["data"] == {
            "company": "harbour",
            "call_id": str(line.id),
            "template": "booked",
            "to": OWN,
            "text": f"{name}: your leaking tap repair is booked for Tuesday the 24th of November, "
            "morning. Reference 482913.",
        }
        sent_s = int(headers["webhook-timestamp"])
        signed = signature("whsec_c2VjcmV0", told["id"], sent_s, body)
        assert headers["webhook-signature"] == signed

    run(scenario, [TEXT_IT], ["There you are."])


def test_the_same_text_is_sent_once_and_only_once_the_answer_is_given():
    async def scenario(line, server):
        guess = line.draft(Heard("text me"))
        pieces = guess.pieces()
        begun = asyncio.ensure_future(anext(pieces))
        while not line.model.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert server.asked == [] and not begun.done()
        begun.cancel()
        await asyncio.gather(begun, return_exceptions=True)
        await pieces.aclose()
        await line.hears("text me")
        await line.hears("text me again")
        assert len(server.asked) == 1

    run(scenario, [TEXT_IT], [TEXT_IT], ["Done."], [TEXT_IT], ["Done."])


def test_another_number_is_said_back_and_agreed_to_first():
    async def scenario(line, server):
        asked = await line.hears("text it to my other phone")
        assert asked == "Shall I text it to 0, 7, 7, 0, 0, 9, 0, 0, 4, 6, 1?"
        assert server.asked == []
        await line.hears("no, not that one")
        assert server.asked == []
        await line.hears("yes")
        assert [body["data"]["to"] for body in server.bodies] == ["07700900461"]

    slots = {**SLOTS, "callback": "no", "phone": "07700900461"}
    run(scenario, [TEXT_IT], [TEXT_IT], [TEXT_IT], ["Sent."], slots=slots)


def test_an_email_goes_to_an_address_that_was_spelt_and_agreed_to():
    async def scenario(line, server):
        assert (await line.hears("email me the prices")).startswith("Shall I send it to ")
        assert server.asked == []
        await line.hears("yes")
        (body,) = server.bodies
        assert body["data"]["to"] == "jane@example.com"
        assert body["data"]["text"] == "leaking tap repair: 75 pounds"
        assert body["data"]["subject"] == line.facts.company.name

    slots = {**SLOTS, "email": "jane@example.com"}
    run(scenario, [MAIL_IT], [MAIL_IT], ["Sent."], slots=slots)


@pytest.mark.parametrize(("call", "change", "why"), [
    (tool("send_sms", template="booked", text="All is free"), {}, "schema"),
    (tool("send_sms", template="booked", to="07700900999"), {}, "schema"),
    (tool("send_sms", template="other"), {}, "template"),
    (tool("send_sms", template="booked"), {"slots": {}}, "service is not known"),
    (tool("send_sms", template="hello"), {"caller": ""}, "number"),
    (MAIL_IT, {}, "email address"),
])  # fmt: skip
def test_what_cannot_be_sent_is_not_and_the_model_is_told_why(call, change, why):
    async def scenario(line, server):
        await line.hears("send me that")
        assert why in line.told["error"] and server.asked == []

    run(scenario, [call], ["I am sorry."], **change)


def test_a_text_about_a_booking_waits_for_the_booking():
    async def scenario(line, server):
        line.reference = ""
        await line.hears("text me that")
        assert "reference is not known" in line.told["error"] and server.asked == []

    run(scenario, [TEXT_IT], ["Not yet."])


@pytest.mark.parametrize(("failure", "call"), [
    ((500, {}), {}), ((429, {}), {}), ("drop", {}), ((200, {}), {"secrets": {}}),
])  # fmt: skip
def test_a_text_that_is_kept_is_not_said_to_be_on_its_way(failure, call):
    async def scenario(line, server):
        assert (await line.hears("text me")).startswith(messages.KEPT["send_sms"])
        assert line.told["result"] == {"sent": False, "kept": True}

    run(scenario, [TEXT_IT], [""], server_answers=(failure,), **call)


def test_a_text_that_nobody_takes_is_not_said_to_be_sent():
    async def scenario(line, server):
        assert messages.NOT_SENT in await line.hears("text me")
        assert "not sent" in line.told["error"] and len(server.asked) == 1

    run(scenario, [TEXT_IT], [""], server_answers=((403, {}),))


def test_only_a_few_messages_are_sent_in_one_call():
    async def scenario(line, server):
        runner = line.tools.of_call(uuid.uuid4(), line.facts, line.note)
        text = messages.running("send_sms", '{"template":"hello"}', State(), line.facts, "")
        for n in range(messages.MOST_SENT):
            await runner.run(replace(text, arguments={**text.arguments, "to": f"0770090000{n}"}))
        with pytest.raises(ToolError, match="too much"):
            await runner.run(replace(text, arguments={**text.arguments, "to": "07700900010"}))
        assert len(server.asked) == messages.MOST_SENT

    run(scenario)


def test_a_model_is_only_shown_what_the_company_can_send():
    names = [t.name for t in tools(Facts(company_at("https://example.com"), OWN, TODAY))]
    assert {"send_sms", "send_email"} <= set(names)
    plain = [t.name for t in tools(Facts(load_companies(SHIPPED)[DID], OWN, TODAY))]
    assert set(names) - set(plain) == {"send_sms", "send_email"}
