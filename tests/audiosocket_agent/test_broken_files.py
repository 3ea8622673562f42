"""Files as people break them: the first line that is said names the place and the way out."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

import audiosocket_agent
from ari_app.cli_workflow import workflow
from ari_app.directory import read_files
from audiosocket_agent.company import load_company
from audiosocket_agent.errors import CompanyError

SAMPLE = (Path(audiosocket_agent.__file__).parent / "companies/harbour.yaml").read_text()
SAMPLE = SAMPLE.partition("\n# What")[0] + "\n"
ADDED = SAMPLE.count("\n") + 1  # the line of what is put behind it
WORKFLOW = "like: garage\nname: own\nsteps:\n  car:\n    timeout_s: 60\n"


def changed(old="", new="", add=""):
    assert old in SAMPLE
    return SAMPLE.replace(old, new, 1) + add


# What is in the file -> the first line that is said of it, behind the file's name.
BROKEN = {
    "text with a colon": (
        changed("name: Harbour Home", "name: Harbour: Home"),
        ':3: a text with ": " in it goes in quotes',
    ),
    "no space after the colon": (
        changed("key: harbour", "key:harbour"),
        ":3: this line is not indented like those it belongs with, or the line before it "
        'has no ": " after its name',
    ),
    "no space after a later colon": (
        changed("name: Harbour Home Services", "name:Harbour Home Services"),
        ":3: a space is missing after the colon; write name: Harbour Home Services",
    ),
    "a line without a colon": (
        changed("name: Harbour", "name Harbour"),
        ":3: this line has no colon; write NAME: VALUE, or indent what goes on from the "
        "line before",
    ),
    "indented by a tab": (
        changed("  - key: blocked_drain", "\t- key: blocked_drain"),
        ":8: a tab stands where spaces belong; indent with spaces only",
    ),
    "a tab after the colon": (
        changed("key: harbour", "key:\tharbour"),
        ":2: a tab stands where spaces belong; indent with spaces only",
    ),
    "deeper than its neighbours": (
        changed("    name: blocked", "     name: blocked"),
        ":9: this line is not indented like those it belongs with, or the line before it "
        'has no ": " after its name',
    ),
    "less deep": (
        changed("    name: blocked", "   name: blocked"),
        ":9: this line is not indented like those it belongs with; begin it in the same "
        "column as they do",
    ),
    "a quote that is not closed": (
        changed("name: Harbour Home Services", 'name: "Harbour'),
        ':3: the quote " that opens here is closed only in line 4; close it',
    ),
    "an apostrophe in single quotes": (
        changed("name: Harbour Home Services", "name: 'Harbour's'"),
        ":3: text goes on after a closing quote or bracket; put all of it in quotes",
    ),
    "text after a quote": (
        changed("name: Harbour Home Services", 'name: "Harbour" Home'),
        ":3: text goes on after a closing quote or bracket; put all of it in quotes",
    ),
    "a Windows path": (
        changed("name: Harbour Home Services", 'name: "C:\\dir"'),
        ":3: \\d means nothing in double quotes; write \\\\d, or use single quotes",
    ),
    "a list that is not closed": (
        changed('dids: ["441632960001"]', 'dids: ["441632960001"'),
        ":4: the [ that opens here lacks a comma, or its ] at the end (line 5 cannot belong to it)",
    ),
    "a list without commas": (
        changed('["441632960001"]', '["441632960001" "441632960002"]'),
        ":4: the [ that opens here lacks a comma, or its ] at the end",
    ),
    "an object that is not closed": (
        changed("phrases: [truro]}", "phrases: [truro]"),
        ":21: the { that opens here lacks a comma, or its } at the end (line 22 cannot "
        "belong to it)",
    ),
    "the wrong bracket": (
        changed("[truro]}", "[truro}}"),
        ":21: the [ that opens here lacks a comma, or its ] at the end",
    ),
    "a question in brackets": (
        changed("[truro]", "[Truro?, is it: Truro]"),
        ":21: a text with ? in it goes in quotes, between brackets",
    ),
    "a star": (
        changed(add="person_key: *\n"),
        ":25: a text that begins with * goes in quotes",
    ),
    "a star and a word": (
        changed(add="person_key: *x\n"),
        ":25: *x stands for nothing; a text that begins with * goes in quotes",
    ),
    "a percent sign": (
        changed("name: Harbour Home Services", "name: %company%"),
        ":3: a text that begins with % goes in quotes",
    ),
    "an at sign": (
        changed("name: Harbour Home Services", "name: @Harbour"),
        ":3: a text that begins with @ goes in quotes",
    ),
    "a backtick": (
        changed("name: Harbour Home Services", "name: `Harbour`"),
        ":3: a text that begins with ` goes in quotes",
    ),
    "an exclamation mark": (
        changed("name: Harbour Home Services", "name: !Harbour"),
        ":3: a text that begins with ! goes in quotes",
    ),
    "an ampersand": (
        changed("name: Harbour Home Services", "name: & Sons"),
        ":3: a text that begins with & goes in quotes",
    ),
    "an ampersand and a word": (
        changed("name: Harbour Home Services", "name: &Sons"),
        ":3: name: is empty; write a text; one that begins with # or & goes in quotes",
    ),
    "a hash": (
        changed("name: Harbour Home Services", "name: #1 in Harbour"),
        ":3: name: is empty; write a text; one that begins with # or & goes in quotes",
    ),
    "text behind >-": (
        changed("greeting: >-\n  Hello", "greeting: >- Hello"),
        ":5: a text after > or | begins on the next line; a text that begins with > or | "
        "goes in quotes",
    ),
    "places without quotes": (
        changed("name: Harbour Home Services", "name: {company} Ltd"),
        ":3: text goes on after a closing quote or bracket; put all of it in quotes",
    ),
    "double braces": (
        changed("name: Harbour Home Services", "name: {{company}}"),
        ":3: a name is a text; put a text with braces or brackets in quotes",
    ),
    "a dash after the colon": (
        changed('dids: ["441632960001"]', 'dids: - "441632960001"'),
        ":4: a list begins on the line below its name; a text that begins with - goes in quotes",
    ),
    "a second document": (
        changed(add="---\nkey: two\n"),
        ":25: a second document begins here; one file is one: delete ---",
    ),
    "text after the end": (
        changed(add="...\nkey: two\n"),
        ":26: this stands outside of the one document that a file is; a file is lines NAME: VALUE",
    ),
    "a key that stands twice": (
        changed(add="key: other\n"),
        ":25: key stands there twice, first in line 2; leave it once",
    ),
    "an alias to nothing": (
        changed(add="services: *usual\n"),
        ":25: *usual stands for nothing; a text that begins with * goes in quotes",
    ),
    "a merge of nothing": (
        changed(add="<<: usual\n"),
        ":25: << takes only what was written before under &name; name it as *name",
    ),
    "a control character": (
        changed("Harbour Home", "Harbour\x07 Home"),
        ":3: the character U+0007 cannot stand in a YAML file; delete it",
    ),
    "a number of 5000 digits": (
        changed("95", "9" * 5000),
        ":10: a number has more than 100 digits; a text goes in quotes",
    ),
    "a list": (
        "- key: harbour\n",
        ": the file: is a list and holds no fields; write NAME: VALUE, without - before it",
    ),
    "one text": (
        "harbour\n",
        ": the file: 'harbour' holds no fields; write NAME: VALUE",
    ),
    "nothing at all": (
        "",
        ": the file: is empty and holds no fields; write NAME: VALUE",
    ),
    "only comments": (
        "# nothing yet\n",
        ": the file: is empty and holds no fields; write NAME: VALUE",
    ),
    "a misspelt field": (
        changed("greeting:", "greating:"),
        ": greeting: is missing; add greeting: VALUE",
    ),
    "a field with a hyphen": (
        changed(add="max-misses: 3\n"),
        ":25: max-misses: there is no such field; did you mean max_misses? "
        "docs/companies.md lists them all",
    ),
    "a price without its unit": (
        changed("price_pounds: 95", "price: 95"),
        ":10: services.0.price: there is no such field; did you mean price_pounds? "
        "docs/companies.md lists them all",
    ),
    "a price with its sign": (
        changed("price_pounds: 95", "price_pounds: £95"),
        ":10: services.0.price_pounds: '£95' is no number; write it without the currency: 95",
    ),
    "a price with a comma": (
        changed("price_pounds: 95", "price_pounds: 95,00"),
        ":10: services.0.price_pounds: '95,00' has a comma; decimals stand after a point: 95.00",
    ),
    "a price with too many pence": (
        changed("price_pounds: 95", "price_pounds: 95.505"),
        ":10: services.0.price_pounds: 95.505 has more than 2 digits after the point; round it",
    ),
    "a price of nothing": (
        changed("price_pounds: 95", "price_pounds: 0"),
        ":10: services.0.price_pounds: 0 is too little; write more than 0",
    ),
    "hours for minutes": (
        changed("price_pounds: 95", "price_pounds: 95\n    minutes: 1h30"),
        ":11: services.0.minutes: '1h30' is no number; write it in minutes: 90",
    ),
    "half a minute": (
        changed("price_pounds: 95", "price_pounds: 95\n    minutes: 90.5"),
        ":11: services.0.minutes: 90.5 is no whole number; write 90",
    ),
    "minutes for seconds": (
        changed(add="max_call_s: 10 min\n"),
        ":25: max_call_s: '10 min' is no number; write it in seconds: 600",
    ),
    "too many misses": (
        changed(add="max_misses: 30\n"),
        ":25: max_misses: 30 is too much; the most is 10",
    ),
    "one number without brackets": (
        changed('["441632960001"]', "441632960001"),
        ':4: dids: 441632960001 is no list; write it in brackets: ["441632960001"]',
    ),
    "a number in letters": (
        changed('["441632960001"]', '["0800 FLOWERS"]'),
        ":4: dids.0: '0800 FLOWERS' is no telephone number; write it with + and the "
        'country code, in quotes: "+441632960001"',
    ),
    "no numbers": (
        changed('["441632960001"]', "[]"),
        ":4: dids: holds nothing; write 1 or more",
    ),
    "capitals in a phrase": (
        changed("[truro]", "[Truro]"),
        ":21: areas.0.phrases.0: 'Truro' cannot be used: lower-case words only, at most "
        "60 characters",
    ),
    "one phrase without brackets": (
        changed("phrases: [truro]", "phrases: truro"),
        ":21: areas.0.phrases: 'truro' is no list; write it in brackets: [\"truro\"]",
    ),
    "brackets around a name": (
        changed("name: Truro", "name: [Truro]"),
        ":21: areas.0.name: is a list, not a text; a text that begins with [ or - goes in quotes",
    ),
    "a number for a name": (
        changed("name: Truro", "name: 5"),
        ":21: areas.0.name: 5 is no text; put it in quotes",
    ),
    "true for a name": (
        changed("name: Truro", "name: true"),
        ":21: areas.0.name: true is no value here; a word goes in quotes",
    ),
    "neither true nor false": (
        changed(add="ai: nope\n"),
        ":25: ai: 'nope' is neither true nor false; write one of the two",
    ),
    "9-5": (
        changed(add="hours: {mon: 9-5}\n"),
        ":25: hours.mon: '9-5' is no time; write it in quotes: \"09:00-17:00\"",
    ),
    "am and pm": (
        changed(add="hours:\n  mon: [9am-12.30pm, 1pm-5pm]\n"),
        ":26: hours.mon.0: '9am-12.30pm' is no time; write it in quotes: \"09:00-12:30\"",
    ),
    "hours with dots": (
        changed(add="hours:\n  mon:\n    - 09:00-12:00\n    - 13.00-17.00\n"),
        ":28: hours.mon.1: '13.00-17.00' is no time; write it in quotes: \"13:00-17:00\"",
    ),
    "one time": (
        changed(add="hours: {mon: 9:00}\n"),
        ":25: hours.mon: '9:00' is no time; write it in quotes: \"08:00-17:00\"",
    ),
    "days from to": (
        changed(add="hours: {Mon-Fri: 09:00-17:00}\n"),
        ":25: hours.Mon-Fri: 'Mon-Fri' is no day; name each one: mon, tue, wed, thu, fri",
    ),
    "a whole day's name": (
        changed(add="hours: {monday: 09:00-17:00}\n"),
        ":25: hours.monday: 'monday' is no day; use mon",
    ),
    "closed on a day": (
        changed(add="hours: {mon: 09:00-17:00, sun: closed}\n"),
        ":25: hours.sun: 'closed' is no time; on a day that is left out, or is [], it is closed",
    ),
    "hours of no day": (
        changed(add="hours: 09:00-17:00\n"),
        ':25: hours: name the days: {mon: ["08:00-17:00"]}; left out, it is always open',
    ),
    "a date with strokes": (
        changed(add="holidays: [25/12/2026]\n"),
        ":25: holidays.0: '25/12/2026' is no date; write it like 2026-12-25",
    ),
    "a date that could be two": (
        changed(add="holidays: [03/04/2026]\n"),
        ":25: holidays.0: '03/04/2026' is no date; write it like 2026-12-25: year, month, day",
    ),
    "one holiday": (
        changed(add="holidays: 2026-12-25\n"),
        ":25: holidays: a list of dates is expected: [2026-12-25, 2026-12-26]",
    ),
    "no time zone": (
        changed(add="timezone: GMT+1\n"),
        ":25: timezone: no time zone is called 'GMT+1'; write it like Europe/London",
    ),
    "a misspelt choice": (
        changed(add="closed: {to: mesage}\n"),
        ":25: closed.to: 'mesage' is none of these: 'message', 'voicemail', 'queue' or "
        "'agent'; did you mean message?",
    ),
    "yes for a section": (
        changed(add="recording: yes\n"),
        ":25: recording: 'yes' holds no fields; write NAME: VALUE",
    ),
    "an empty text": (
        changed(
            SAMPLE[SAMPLE.index("greeting:") : SAMPLE.index("\nservices:")],
            "greeting:",
        ),
        ":5: greeting: is empty; write a text; one that begins with # or & goes in quotes",
    ),
    "a misspelt workflow": (
        changed(add="workflow: home_service\n"),
        ":25: workflow: there is no workflow called home_service; did you mean "
        "home_services? shipped: appointments, garage, home_services; one of your own is "
        "a file beside this one, NAME.workflow.yaml",
    ),
    "a field of a part": (
        changed(add="people: {place: {}}\n"),
        ":25: people.place: there is no such field; did you mean places? "
        "docs/companies.md lists them all",
    ),
    "a workflow like none": (
        "like: garag\nname: own\n",
        ":1: like: there is no workflow called garag; did you mean garage? shipped: "
        "appointments, garage, home_services; one of your own is a file beside this one, "
        "NAME.workflow.yaml",
    ),
    "a time-out with its unit": (
        WORKFLOW.replace("60", "1m"),
        ":5: steps.car.timeout_s: '1m' is no number; write it in seconds: 60",
    ),
    "a workflow's field": (
        WORKFLOW.replace("timeout_s", "time_out"),
        ":5: steps.car.time_out: there is no such field; did you mean timeout_s? "
        "docs/workflows.md lists them all",
    ),
    "a workflow's misspelt like": (
        WORKFLOW.replace("like:", "lik:"),
        ": about: is missing; add about: VALUE",
    ),
}


@pytest.mark.parametrize(("text", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_in_words_for_people(tmp_path, text, said):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    done = CliRunner().invoke(workflow, ["check", str(path)])
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit)
    assert done.output.splitlines()[0] == f"{path}{said}"


UNREADABLE = {
    "UTF-16": ("key: harbour\n".encode("utf-16"), ":1: is not UTF-8 text; save it as UTF-8"),
    "Latin-1": ("key: a\nname: Müller\n".encode("latin-1"),
                ":2: is not UTF-8 text; save it as UTF-8"),
    "nothing, ten times a megabyte": (b" " * 10_000_000,
                                      ": is larger than 1000000 bytes; is it the right file?"),
    "empty lines": (b"\n" * 900_000,
                    ": is longer than 200000 characters; is it the right file?"),
    "nested lists": (b"a: " + b"[" * 700, ": is nested too deeply; is it the right file?"),
    "nested objects": (b"".join(b" " * n + b"a:\n" for n in range(600)),
                       ": is nested too deeply; is it the right file?"),
}  # fmt: skip


@pytest.mark.parametrize(("written", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_text_of_ours_is_told_in_one_line(tmp_path, written, said):
    path = tmp_path / "a.yaml"
    path.write_bytes(written)
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    assert list(map(str, caught.value.all)) == [f"{path}{said}"]


def test_what_a_file_says_moves_no_cursor_and_fills_no_screen(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(SAMPLE + f'"\\e[2J\\n{"x" * 500}": 1\nworkflow: "\\r\\e[31m"\n')
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    told = [str(error).removeprefix(str(path)) for error in caught.value.all]
    assert len(told) == 2 and told[1].startswith(f":{ADDED + 1}: workflow: there is no workflow")
    assert told[0] == (
        f":{ADDED}: \N{REPLACEMENT CHARACTER}[2J {'x' * 35}: there is no such field; "
        "docs/companies.md lists them all"
    )
    assert all(line.isprintable() for line in told)


def test_a_folder_and_a_file_that_is_not_there_are_told_apart(tmp_path):
    with pytest.raises(CompanyError) as caught:
        load_company(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a folder; name a file in it"
    with pytest.raises(CompanyError) as caught:
        load_company(tmp_path / "a.yaml")
    assert str(caught.value) == f"{tmp_path}/a.yaml: there is no such file"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_that_must_not_be_read_says_who_may_change_that(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(SAMPLE)
    path.chmod(0o600)
    for folder in (tmp_path, tmp_path.parent):
        folder.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(CompanyError, match="may not be read by this account; change its owner"):
            load_company(path)
    finally:
        os.seteuid(0)


CURLY = SAMPLE.replace("price_pounds: 95", "price_pounds: dear").replace("[truro]", "[Truro]")
PLACES = [(10, "services.0.price_pounds"), (21, "areas.0.phrases.0")]


@pytest.mark.parametrize(
    "written",
    [
        CURLY.encode(),
        CURLY.replace("\n", "\r\n").encode(),
        CURLY.replace("\n", "\r").encode(),
        CURLY.encode("utf-8-sig"),
        CURLY.replace("\n", "\r\n").encode("utf-8-sig"),
        CURLY.replace("Harbour Home", '"Harbour\u2028Home"', 1)
        .replace(" Services\n", "\n", 1)
        .encode(),
    ],
    ids=["plain", "CRLF", "CR", "BOM", "CRLF and BOM", "a line separator in a text"],
)
def test_the_lines_are_those_an_editor_shows(tmp_path, written):
    path = tmp_path / "a.yaml"
    path.write_bytes(written)
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    found = [(error.line, error.what.partition(":")[0]) for error in caught.value.all]
    assert [it for it in found if it[1] != "name"] == PLACES


LONG = """\
greeting: |-
  One line.
  Two lines.
name:
  Mill
no_input_s:

  soon
areas:
  - key: truro
    phrases:
      - truro
      -
        Truro
      - truro: 1
    name: >-
      Truro
people:
  places:
    office: {name: x,
      phrases: [a,
        B],
      extension: 12}
"""


def test_the_line_is_that_of_the_value_itself(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(LONG + "dids: []\nkey: mill\nservices: []\n")
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    assert [(error.line, error.what.partition(": ")[0]) for error in caught.value.all] == [
        (1, "greeting"), (8, "no_input_s"), (14, "areas.0.phrases.1"), (15, "areas.0.phrases.2"),
        (22, "people.places.office.phrases.1"), (24, "dids"), (26, "services"),
    ]  # fmt: skip


def test_what_is_merged_is_told_where_it_is_written(tmp_path):
    path = tmp_path / "a.yaml"
    services = (
        "  - &usual\n    key: a\n    name: a\n    price_pounds: 1\n    minutes: 1\n"
        "    phrases: [a]\n"
        "  - <<: *usual\n    key: b\n    phrases: [b]\n    minutes: 2\n"
    )
    path.write_text(SAMPLE.partition("services:")[0] + "services:\n" + services)
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    first = SAMPLE[: SAMPLE.index("services:")].count("\n") + 1
    told = [error.line for error in caught.value.all if "minutes" in error.what]
    assert told == [first + 5, first + 10]


def test_a_log_is_told_the_first_mistake_and_how_many_there_are(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(changed("price_pounds: 95", "price_pounds: £95", add="max_misses: 30\n"))
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    assert caught.value.in_one_line == (
        f"{path}:10: services.0.price_pounds: '£95' is no number; write it without the currency: "
        "95 (the first of 2 mistakes; voiceagent workflow check tells all)"
    )
    path.write_text(changed(add="max_misses: 30\n"))
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    assert caught.value.in_one_line == str(caught.value)


def test_what_two_files_name_alike_is_told_once(tmp_path):
    (tmp_path / "own.workflow.yaml").write_text("like: garage\nname: own\nspeed: 1\n")
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(changed(add="workflow: own.workflow.yaml\nai: nope\n"))
    with pytest.raises(CompanyError) as caught:
        read_files([tmp_path], "GB")
    assert [f"{it.path.name}:{it.line}" for it in caught.value.all] == [
        "own.workflow.yaml:3", f"a.yaml:{ADDED + 1}", f"b.yaml:{ADDED + 1}",
    ]  # fmt: skip
