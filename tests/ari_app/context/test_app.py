"""The context API over HTTP: companies, calls and bookings, for those who have a token."""

import asyncio
import json
import re

import fastjsonschema
import pytest
from aiohttp import ClientSession

from ari_app.context import answers
from ari_app.context.app import BASE, OpenDoorError, refuse_open_door
from ari_app.context.body import MOST_BYTES
from ari_app.context.remote import Pace, Remote
from ari_app.context.tokens import Scope, add_token, revoke_token
from ari_app.directory import Directory
from ari_app.store import bookings, calls, open_store, turns
from tests.ari_app.context.api import running
from tests.ari_app.context.service import Crm, company

A, B = "441632960010", "441632960011"
CALL = "6f1c1d52-9f39-4b52-8f4e-3a0d3c0e1a{:02}"
PERSONAL = "07700900876"


def run(tmp_path, scenario, **more):
    async def main():
        async with running(tmp_path / "db", **more) as api:
            return await scenario(api)

    return asyncio.run(main())


async def put(api, *documents):
    for document in documents:
        status, _, body = await api.ask("PUT", f"/companies/{document['key']}", json=document)
        assert status in (200, 201), body


async def put_calls(api, number):
    """Put calls on record: the last one with a turn and a booking."""
    async with api.store.transaction() as db:
        for index in range(number):
            row = {"call_id": CALL.format(index), "company": "ab"[index % 2], "did": A,
                   "caller": PERSONAL, "channel": "PJSIP/x", "uniqueid": "1.1", "route": "agent",
                   "registered_at": f"2026-03-{index // 2 + 1:02}T09:00:00.000+00:00"}  # fmt: skip
            await db.execute(calls.insert().values(row))
            booked = {"reference": str(100000 + index), "call_id": row["call_id"], "company": "a",
                      "service": "tap", "area": "truro", "day": f"2026-03-{index + 1:02}",
                      "part": "morning", "phone": PERSONAL, "price_pounds": "85",
                      "created_at": row["registered_at"]}  # fmt: skip
            await db.execute(bookings.insert().values(booked))
        said = {"call_id": row["call_id"], "index": 0, "speaker": "agent", "step": "greet",
                "asks": "", "text": "Hello", "heard": "Hello", "done": True, "interrupted": False,
                "at_ms": 5, "marks_ms": {"first_frame": 7}}  # fmt: skip
        await db.execute(turns.insert().values(said))


def test_what_is_put_is_found_by_its_number_and_read_back_as_it_was(tmp_path):
    async def scenario(api):
        document = company("a", "01632 960010")
        status, _, body = await api.ask("PUT", "/companies/a", json=document)
        assert (status, body) == (201, {"key": "a", "change": "new"})
        status, _, body = await api.ask("PUT", "/companies/a", json=document)
        assert (status, body) == (200, {"key": "a", "change": "unchanged"})
        for written in (A, "+441632960010", "01632 960010", "%2B44 (0)1632-960010"):
            found = await api.get(f"/dids/{written}")
            assert found["key"] == "a" and found["dids"] == [A]
        assert await api.get("/companies/a") == found
        other = {**found, "greeting": "Hello.", "voice": {"offline": "en-us"}}
        status, _, body = await api.ask("PUT", "/companies/a", json=other)
        assert body["change"] == "changed"
        assert (await api.get(f"/dids/{A}"))["greeting"] == "Hello."
        voices = await api.get("/companies/a/voices")
        assert voices["voice"] == {"offline": {"name": "en-us", "speed": 1.0}}
        assert (await api.ask("DELETE", "/companies/a"))[0] == 204
        for method, path in (
            ("GET", "/companies/a"),
            ("GET", f"/dids/{A}"),
            ("DELETE", "/companies/a"),
            ("GET", "/companies/a/prices"),
        ):
            status, headers, body = await api.ask(method, path)
            assert status == 404 == body["status"]
            assert headers["Content-Type"].startswith("application/problem+json")

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"greeting": ""}, "greeting"),
        ({"nonsense": 1}, "nonsense"),
        ({"dids": []}, "dids"),
        ({"dids": ["nobody"]}, "dids.0"),
        ({"dids": [B]}, "dids"),
        ({"key": "b"}, "key"),
        ({"services": [{}]}, "services.0.key"),
        ({"workflow": "no_such_trade"}, "workflow"),
        ({"hours": {"mon": ["08:00-12:00", "11:00-13:00"]}}, "hours.mon"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_company_that_is_wrong_is_refused_as_an_import_refuses_it(tmp_path, change, field):
    async def scenario(api):
        await put(api, company("b", B))
        status, _, body = await api.ask("PUT", "/companies/a", json={**company("a", A), **change})
        assert status == 422 and body["field"] == field, body
        assert "\n" not in body["detail"] and "line" not in body["detail"].split(":")[0]
        assert (await api.ask("GET", "/companies/a"))[0] == 404

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"key": "a", "key": "a"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"key": "\\ud800"}', "application/json", 422),
        (b" " * (MOST_BYTES + 1), "application/json", 413),
    ],
    ids=range(8),
)
def test_bodies_that_are_no_company_are_refused(tmp_path, body, kind, status):
    async def scenario(api):
        told = await api.ask("PUT", "/companies/a", data=body, headers={"Content-Type": kind})
        assert told[0] == status == told[2]["status"], told[2]

    run(tmp_path, scenario)


def test_a_body_without_a_length_is_limited_too(tmp_path):
    async def scenario(api):
        async def endless():
            for _ in range(MOST_BYTES // 1000 + 2):
                yield b" " * 1000

        status, _, _ = await api.ask("PUT", "/companies/a", data=endless(),
                                     headers={"Content-Type": "application/json"})  # fmt: skip
        assert status == 413

    run(tmp_path, scenario)


def test_a_list_comes_in_pages(tmp_path):
    async def scenario(api):
        await put(api, *(company(f"c{n}", f"44163296001{n}") for n in range(5)))
        found, after = [], None
        while True:
            page = await api.get("/companies?limit=2" + (f"&after={after}" if after else ""))
            assert len(page["companies"]) <= 2
            found += [it["key"] for it in page["companies"]]
            if (after := page["next"]) is None:
                break
        assert found == [f"c{n}" for n in range(5)]
        revisions = [it["revision"] for it in (await api.get("/companies"))["companies"]]
        assert revisions == [1, 2, 3, 4, 5]

    run(tmp_path, scenario)


def test_an_answer_that_is_known_is_not_sent_again(tmp_path):
    async def scenario(api):
        await put(api, company("a", A))
        status, headers, _ = await api.ask("GET", f"/dids/{A}")
        tag = headers["ETag"]
        status, headers, body = await api.ask("GET", f"/dids/{A}", headers={"If-None-Match": tag})
        assert (status, headers["ETag"], body) == (304, tag, b"")
        await put(api, company("a", A, greeting="Another greeting."))
        status, headers, _ = await api.ask("GET", f"/dids/{A}", headers={"If-None-Match": tag})
        assert status == 200 and headers["ETag"] != tag

    run(tmp_path, scenario)


def test_a_cache_follows_by_its_cursor(tmp_path):
    async def scenario(api):
        await put(api, company("a", A), company("b", B))
        first = await api.get("/changes?limit=1")
        assert [it["key"] for it in first["companies"]] == ["a"] and first["more"]
        rest = await api.get(f"/changes?since={first['cursor']}")
        assert [it["key"] for it in rest["companies"]] == ["b"] and not rest["more"]
        none = await api.get(f"/changes?since={rest['cursor']}")
        assert none["companies"] == [] and none["cursor"] == rest["cursor"]
        await api.ask("DELETE", "/companies/a")
        (gone,) = (await api.get(f"/changes?since={none['cursor']}"))["companies"]
        assert gone["key"] == "a" and gone["document"] is None
        other = await api.get("/changes?since=99999.zz")
        assert other["reset"] and [it["key"] for it in other["companies"]] == ["b", "a"]

    run(tmp_path, scenario)


def test_calls_and_bookings_are_read_page_by_page_and_filtered(tmp_path):
    async def scenario(api):
        await put_calls(api, 6)
        for what, key in (("calls", "call_id"), ("bookings", "reference")):
            found, before = [], None
            while True:
                page = await api.get(
                    f"/{what}?limit=4", params={"before": before} if before else {}
                )
                found += [it[key] for it in page[what]]
                if (before := page["next"]) is None:
                    break
            assert found == sorted(found, reverse=True) and len(found) == 6
        for query, number in (("company=a", 3), ("did=01632 960010", 6), ("did=100", 0),
                              ("from=2026-03-02", 4), ("to=2026-03-02", 2), ("route=queue", 0),
                              ("company=a&from=2026-03-02&to=2026-03-03", 1)):  # fmt: skip
            assert len((await api.get(f"/calls?{query}"))["calls"]) == number, query
        for query, number in (("company=b", 0), ("status=booked", 6), ("status=cancelled", 0),
                              ("day_from=2026-03-02&day_to=2026-03-03", 2),
                              ("day_from=2026-03-02&day_to=2026-03-02", 1)):  # fmt: skip
            assert len((await api.get(f"/bookings?{query}"))["bookings"]) == number, query
        call = await api.get(f"/calls/{CALL.format(5)}")
        assert call["turns"][0]["heard"] == "Hello" and call["booking"]["reference"] == "100005"
        assert (await api.get("/bookings/100005"))["phone"] == PERSONAL
        assert (await api.ask("GET", "/bookings/9"))[0] == 404
        assert (await api.ask("GET", f"/calls/{CALL.format(99)}"))[0] == 404

    run(tmp_path, scenario)


def test_a_booking_says_when_it_begins_on_the_clock_of_its_company(tmp_path):
    async def scenario(api):
        await put(api, company("a", A, timezone="America/New_York"))
        await put_calls(api, 3)
        visit = {"begins_at": "2026-07-06T13:30:00.000+00:00",
                 "ends_at": "2026-07-06T14:15:00.000+00:00"}  # fmt: skip
        async with api.store.transaction() as db:
            for reference, values in (
                ("100000", {**visit, "start": "09:30"}),
                ("100001", visit),  # only a part of the day was agreed
                ("100002", {"start": "09:30"}),  # nobody kept a calendar
            ):
                await db.execute(
                    bookings.update().where(bookings.c.reference == reference).values(values)
                )
        found = {it["reference"]: it for it in (await api.get("/bookings"))["bookings"]}
        times = {key: (it["begins_at"], it["ends_at"]) for key, it in found.items()}
        assert times == {
            "100000": ("2026-07-06T09:30:00-04:00", "2026-07-06T10:15:00-04:00"),
            "100001": (None, None),
            "100002": (None, None),
        }
        one = await api.get("/bookings/100000")
        assert one == found["100000"] == (await api.get(f"/calls/{CALL.format(0)}"))["booking"]
        await api.ask("DELETE", "/companies/a")  # its records stay, its clock is not known
        assert (await api.get("/bookings/100000"))["begins_at"] == "2026-07-06T13:30:00+00:00"
        described = api.api.description["components"]["schemas"]["BookingLine"]["properties"]
        for name in ("begins_at", "ends_at"):
            kinds = [{"type": "string", "format": "date-time"}, {"type": "null"}]
            assert described[name]["anyOf"] == kinds

    run(tmp_path, scenario)


NONSENSE = [
    ("/calls?limit=0", "limit: '0' cannot be it; allowed: a whole number from 1 to 500"),
    ("/calls?limit=-1", "limit: '-1'"),
    ("/calls?limit=x", "limit: 'x'"),
    ("/companies?limit=501", "limit: '501'"),
    ("/calls?limit=%D9%A1", r"limit: '\u0661'"),
    ("/companies?limit=1&limit=2", "limit: stands there twice"),
    ("/calls?unknown=1", "'unknown': there is no such parameter here; known: limit, before,"),
    ("/companies/a?before=x", "'before': there is no such parameter here; known: none"),
    ("/calls/1", "call_id: '1'"),
    ("/companies/UPPER", "key: 'UPPER'"),
    ("/companies/a%2Fb", "key: 'a/b'"),
    ("/companies?after='%20OR%201", "after: "),
    ("/changes?since=x", "since: 'x'"),
    ("/calls?did=nobody", "did: 'nobody' cannot be it; allowed: a telephone number"),
    ("/calls?from=yesterday", "from: 'yesterday'"),
    ("/calls?from=2026-02-30", "from: '2026-02-30'"),
    ("/calls?to=2026-03-02T99:00:00", "to: '2026-03-02T99:00:00'"),
    ("/calls?to=0001-01-01T00:00:00%2B05:00", "to: '0001-01-01T00:00:00+05:00'"),
    ("/calls?before=%00", r"before: '\x00'"),
    ("/calls?before=x", "before: 'x' cannot be it; allowed: `next` of the page before"),
    ("/calls?before=2026-03-02T09:00:00.000%2B00:00~123456", "before: "),  # of the bookings
    ("/bookings?before=zzz", "before: 'zzz'"),
    ("/bookings?before=2026-02-30T09:00:00.000%2B00:00~123456", "before: "),
    ("/bookings?before=2026-03-02T09:00:00.000+00:00~123456", "(its + is %2B in an address)"),
    ("/bookings?before=" + "9" * 70, f"before: '{'9' * 48}...'"),
    ("/bookings?day_from=2026-13-45", "day_from: '2026-13-45' cannot be it; allowed: a day"),
    ("/bookings?day_from=2026-03-09&day_to=2026-03-02",
     "day_from: '2026-03-09' is later than day_to, '2026-03-02'; allowed: the same or earlier"),
    ("/calls?from=2026-03-02T09:00:00&to=2026-03-02T10:30:00%2B02:00", "from: '2026-03-02T09:00"),
    ("/bookings?status=bokked",
     "status: 'bokked' cannot be it; allowed: one of booked, pending, cancelled, refused"),
    ("/bookings?status=", "status: ''"),
    ("/bookings?company=No%0Abody", r"company: 'No\nbody'"),
    ("/calls?route=moon",
     "route: 'moon' cannot be it; allowed: one of agent, queue, voicemail, closed, blocked"),
]  # fmt: skip


def test_parameters_that_cannot_be_are_refused_and_the_answer_says_what_can(tmp_path):
    async def scenario(api):
        for path, told in NONSENSE:
            status, headers, body = await api.ask("GET", path)
            assert status == 400 == body["status"], path
            detail = body["detail"]
            assert told in detail and detail.isprintable(), (path, detail)
            assert headers["Content-Type"].startswith("application/problem+json")
            if "no such parameter" not in detail:
                assert detail.startswith(f"{body['field']}: "), detail

    run(tmp_path, scenario)


def test_a_time_with_an_offset_is_the_moment_it_names(tmp_path):
    async def scenario(api):
        await put_calls(api, 2)  # both registered at nine, UTC
        for query, number in (("from=2026-03-01T09:00:00", 2), ("from=2026-03-01T09:00:01", 0),
                              ("from=2026-03-01T11:00:00%2B02:00", 2),
                              ("from=2026-03-01T11:00:01%2B02:00", 0),
                              ("to=2026-03-01T08:00:01-01:00", 2),
                              ("to=2026-03-01T08:00:00-01:00", 0),
                              ("to=2026-03-01T09:00:00Z", 0)):  # fmt: skip
            assert len((await api.get(f"/calls?{query}"))["calls"]) == number, query

    run(tmp_path, scenario)


def test_what_the_description_allows_is_what_is_taken(tmp_path):
    async def scenario(api):
        described = {
            (path, method.upper()): operation["parameters"]
            for path, operations in api.api.description["paths"].items()
            for method, operation in operations.items()
        }
        for (path, method), params in described.items():
            if method != "GET" or "{" in path:
                continue
            for param in params:
                schema, name = param["schema"], param["name"]
                assert ("enum" in schema) != ("pattern" in schema), param
                for value in (param["example"], *schema.get("enum", ())):
                    status, _, body = await api.ask("GET", path, params={name: value})
                    assert status == 200, (path, name, value, body)
                for value in ("", "~", "x" * 200, "Booked"):
                    fits = value in schema.get("enum", ()) or re.fullmatch(
                        schema.get("pattern", "(?!)"), value
                    )
                    status, _, body = await api.ask("GET", path, params={name: value})
                    assert (status == 200) == bool(fits), (path, name, value, body)
        schemas = api.api.description["components"]["schemas"]
        assert schemas["Status"]["enum"] == ["booked", "pending", "cancelled", "refused"]
        of = {param["name"]: param["schema"] for param in described["/bookings", "GET"]}
        assert of["status"]["enum"] == ["booked", "pending", "cancelled", "refused"]
        assert of["before"]["format"] == "cursor" and of["day_from"]["format"] == "date"

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic eDp5", "Bearer", "Bearer ", "Bearer x", "Bearer va_0123456789ab_" + "x" * 43,
     "Bearer " + "x" * 5000],
)  # fmt: skip
def test_strangers_are_told_nothing(tmp_path, header):
    async def scenario(api):
        async with ClientSession() as stranger:
            for path in ("/companies", "/dids/1", "/calls", "/bookings/1"):
                headers = {} if header is None else {"Authorization": header}
                async with stranger.get(api.url + path, headers=headers) as answer:
                    assert answer.status == 401
                    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                    assert (await answer.json(content_type=None))["status"] == 401

    run(tmp_path, scenario)


def test_a_token_may_what_it_was_made_for_until_it_is_revoked_or_expires(tmp_path):
    async def scenario(api):
        assert (await api.ask("GET", "/companies", token=api.read))[0] == 200
        document = company("a", A)
        for method in ("PUT", "DELETE"):
            told = await api.ask(method, "/companies/a", token=api.read, json=document)
            assert told[0] == 403 == told[2]["status"]
        almost = api.read[:-1] + ("A" if api.read[-1] != "A" else "B")
        assert (await api.ask("GET", "/companies", token=almost))[0] == 401
        assert await revoke_token(api.store, api.read.split("_")[1])
        assert not await revoke_token(api.store, api.read.split("_")[1])
        assert (await api.ask("GET", "/companies", token=api.read))[0] == 401
        expired = await add_token(api.store, "late", Scope.READ, -1)
        assert (await api.ask("GET", "/companies", token=expired.token))[0] == 401

    run(tmp_path, scenario)


def test_what_is_stored_of_a_token_does_not_open_the_door(tmp_path):
    async def scenario(api):
        return api.read, api.write

    made = run(tmp_path, scenario)
    held = b"".join(file.read_bytes() for file in tmp_path.glob("db*"))
    for token in made:
        assert token.encode() not in held and token.split("_", 2)[2].encode() not in held


def test_other_methods_and_addresses_are_problems_too(tmp_path):
    async def scenario(api):
        for method, path, status in (("POST", "/companies", 405), ("GET", "/nothing", 404),
                                     ("DELETE", "/calls", 405)):  # fmt: skip
            told = await api.ask(method, path)
            assert told[0] == status == told[2]["status"]

    run(tmp_path, scenario)


def test_no_log_holds_a_token_a_number_or_a_word(tmp_path, caplog):
    async def scenario(api):
        await put_calls(api, 1)
        await api.get("/calls")
        await api.ask("GET", f"/dids/{PERSONAL}")
        await api.ask("PUT", "/companies/a", json={**company("a", A), "greeting": [PERSONAL]})
        async with api.store.transaction() as db:
            await db.exec_driver_sql("ALTER TABLE bookings RENAME TO hidden")
        assert (await api.ask("GET", "/bookings"))[0] == 503
        async with api.store.transaction() as db:  # a row that breaks the program's own rules
            await db.exec_driver_sql("ALTER TABLE hidden RENAME TO bookings")
            await db.exec_driver_sql(f"UPDATE turns SET marks_ms = '\"{PERSONAL}\"'")
        assert (await api.ask("GET", f"/calls/{CALL.format(0)}"))[0] == 500
        return api.read, api.write

    with caplog.at_level("DEBUG"):
        tokens = run(tmp_path, scenario)
    ours = "\n".join(it.getMessage() for it in caplog.records if it.name.startswith("ari_app"))
    assert "an API request failed" in ours
    for secret in (*tokens, *(token.split("_", 2)[2] for token in tokens), PERSONAL):
        assert secret not in ours


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /api/v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer va_5ecret\x00\r\n\r\n",
        b"G\x00T /5ecret HTTP/1.1\r\n\r\n",
        b"GET /api/v1/" + b"5ecret" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n5ecret\r\n\r\n",
        b"\x165ecret\xff" * 1000,
    ],
    ids=range(5),
)
def test_what_is_no_http_at_all_is_refused_and_not_logged(tmp_path, caplog, raw):
    async def scenario(api):
        port = int(api.root.rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        async with asyncio.timeout(30):
            answer = await reader.read()
        writer.close()
        assert b" 400 " in answer
        await api.get("/companies")

    with caplog.at_level("DEBUG"):
        run(tmp_path, scenario)
    assert "could not be read" in caplog.text and "5ecret" not in caplog.text


def test_every_route_is_described_and_every_example_is_valid(tmp_path):
    async def scenario(api):
        async with api.session.get(f"{api.url}/openapi.json") as answer:
            described = await answer.json()
        async with api.session.get(f"{api.root}/api") as answer:
            assert answer.status == 200
            page = await answer.text()
        await put(api, company("a", A), company("b", B))
        await put_calls(api, 4)
        known = {"key": "a", "number": A, "call_id": CALL.format(3), "reference": "100003"}
        for path, operations in described["paths"].items():
            assert path in page
            if "get" in operations:
                filled = re.sub(r"\{(\w+)\}", lambda found: known[found[1]], path)
                valid(described, operations["get"], await api.get(filled))
        return described, api.api.endpoints

    described, endpoints = run(tmp_path, scenario)
    assert described["openapi"].startswith("3.1") and described["servers"] == [{"url": BASE}]
    there = {(method.upper(), path) for path, it in described["paths"].items() for method in it}
    assert there == {(it.method, it.path) for it in endpoints}
    names = [it["operationId"] for path in described["paths"].values() for it in path.values()]
    assert len(set(names)) == len(names) == len(endpoints)
    for it in endpoints:
        operation = described["paths"][it.path][it.method.lower()]
        inside = set(re.findall(r"\{(\w+)\}", it.path))
        assert inside == {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        for param in operation["parameters"]:
            schema = param["schema"]
            if "enum" in schema:
                assert param["example"] in schema["enum"], param
            else:
                assert re.fullmatch(schema["pattern"], param["example"]), param
    text = json.dumps(described)
    for name in re.findall(r'"\$ref": "#/components/schemas/(\w+)"', text):
        assert name in described["components"]["schemas"]
    examples = 0
    for name, schema in described["components"]["schemas"].items():
        if "example" in schema:
            examples += 1
            checker(described, {"$ref": f"#/components/schemas/{name}"})(schema["example"])
            getattr(answers, name).model_validate(schema["example"])
    assert examples >= 12


def checker(described, schema):
    whole = {**schema, "components": described["components"]}
    return fastjsonschema.compile(json.loads(json.dumps(whole).replace("2020-12", "07")))


def valid(described, operation, body):
    content = operation["responses"]["200"]["content"]["application/json"]
    checker(described, content["schema"])(body)


def test_only_this_machine_is_listened_to_unless_there_are_tokens(tmp_path):
    async def main():
        store = await open_store(tmp_path / "db")
        for host in ("127.0.0.1", "::1", "localhost", "127.0.0.9"):
            await refuse_open_door(store, host)
        for host in ("0.0.0.0", "::", "192.0.2.1", "pbx.example"):
            with pytest.raises(OpenDoorError, match="voiceagent tokens add"):
                await refuse_open_door(store, host)
        made = await add_token(store, "x", Scope.READ, 1)
        await refuse_open_door(store, "0.0.0.0")
        await revoke_token(store, made.id)
        with pytest.raises(OpenDoorError):
            await refuse_open_door(store, "0.0.0.0")
        await store.close()

    asyncio.run(main())


def test_an_agent_elsewhere_follows_this_api(tmp_path):
    """Ours at both ends: changes are followed, removals too, and a token is needed."""

    async def main():
        async with running(tmp_path / "db") as api:
            await put(api, company("a", A))
            store = await open_store(tmp_path / "other")
            remote = Remote(api.url, api.read, "GB", store, Pace(poll_s=0.05))
            directory = Directory(store, "GB", remote)
            stop = asyncio.Event()
            tasks = [asyncio.create_task(remote.follow(directory, stop)),
                     asyncio.create_task(directory.watch(stop))]  # fmt: skip

            async def until(true):
                async with asyncio.timeout(30):
                    while not true():
                        await asyncio.sleep(0.02)

            await until(lambda: directory.by_did(A))
            many = [company(f"m{n}", f"4416329{n:05}") for n in range(120)]
            await put(api, *many)
            await until(lambda: len(directory.companies) == 121)
            await put(api, company("a", A, greeting="Another greeting."))
            await until(lambda: directory.by_did(A).greeting == "Another greeting.")
            await api.ask("DELETE", "/companies/a")
            await until(lambda: directory.by_did(A) is None)
            # Found at once, before the next look at the changes would have told it.
            await put(api, company("b", B))
            assert (await directory.lookup(B, 30)).key == "b"
            stop.set()
            await asyncio.gather(*tasks)
            await remote.close()
            await store.close()

    asyncio.run(main())


def test_companies_that_are_kept_elsewhere_are_not_changed_here(tmp_path):
    async def main():
        async with Crm(company("a", A)) as crm:
            store = await open_store(tmp_path / "copies")
            remote = Remote(crm.url, "", "GB", store)
            async with running(tmp_path / "db", elsewhere=remote) as api:
                assert (await api.get(f"/dids/{A}"))["key"] == "a"
                for method in ("PUT", "DELETE"):
                    told = await api.ask(method, "/companies/a", json=company("a", A))
                    assert told[0] == 409
            await remote.close()
            await store.close()

    asyncio.run(main())
