from pathlib import Path

import pytest

import audiosocket_agent
from audiosocket_agent.company import Company, load_companies, load_company
from audiosocket_agent.company_yaml import YamlError, read_yaml, read_yaml_lines
from audiosocket_agent.errors import CompanyError
from audiosocket_agent.workflow import Outcome, Step, trade, trades
from audiosocket_agent.workflow.load import (
    TRADES,
    WorkflowError,
    check_workflow,
    load_workflow,
    whole,
)

COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"
HARBOUR = (COMPANIES / "harbour.yaml").read_text()

PLUMBER = """\
like: home_services
name: plumber
slots:
  area:
    ask: ["Where is the leak, {options}?"]
  floor:
    kind: number
    most: 30
    meaning: The floor it is on.
    ask: ["Which floor is it on?"]
steps:
  qualify:
    needs: [area, floor]
"""
LETTERS = "abcdefghijkl"
BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n"
    for before, name in zip(LETTERS, LETTERS[1:], strict=False)
)
KINDS = (
    "'choice', 'yes_no', 'date', 'part', 'time', 'phone', 'postcode', 'name', 'address', 'email', "
    "'number', 'code' or 'text'"
)

# What is in the file -> the whole message, but for the file's name.
BAD_WORKFLOWS = {
    "broken YAML": (
        "name: plumber\nsteps: {greet: [}\n",
        ":2: } stands where a value belongs; close each [ and { in turn, or put the text in quotes",
    ),
    "a tab": (
        "name: x\n\tabout: x\n",
        ":2: a tab stands where spaces belong; indent with spaces only",
    ),
    "an empty file": ("", ": the file: is empty and holds no fields; write NAME: VALUE"),
    "a list": ("- greet\n",
              ": the file: is a list and holds no fields; write NAME: VALUE, without - before it"),
    "an unknown kind of slot": (
        PLUMBER.replace("kind: number", "kind: colour"),
        f":7: slots.floor.kind: 'colour' is none of these: {KINDS}",
    ),
    "an unknown slot": (
        PLUMBER.replace("[area, floor]", "\n      - area\n      - flor"),
        ":15: steps.qualify.needs.1: there is no slot called flor; is floor meant?",
    ),
    "two slots with one name": (
        PLUMBER + "  quote: {goal: a}\n  quote: {goal: b}\n",
        ":15: quote stands there twice, first in line 14; leave it once",
    ),
    "a side way that is only drawn": (
        PLUMBER + "  recover: {goal: Try again., timeout_s: 30}\n",
        ":14: steps.recover: what happens there is not set in a workflow; leave it out; a "
        "company's people, closed and hours say it",
    ),
    "a slot asked twice in a step": (
        PLUMBER.replace("[area, floor]", "[area, floor, area]"),
        ":13: steps.qualify.needs.2: area stands there twice; leave it once",
    ),
    "a sentence with an unknown place": (
        PLUMBER.replace("{options}", "{optoins}"),
        ":5: slots.area.ask.0: there is no slot called optoins; is options meant?",
    ),
    "a brace that is no place": (
        PLUMBER.replace("{options}", "{options.__class__}"),
        ":5: slots.area.ask.0: a place is a name in braces, like {service}; other braces "
        "cannot be used",
    ),
    "steps in a ring": (
        PLUMBER + "    then: understand\n",
        ":12: steps.qualify: a call goes round here for ever: understand -> qualify -> "
        "understand; one of these steps must lead on to another",
    ),
    "a trap": (
        PLUMBER + "    then: attic\n  attic: {goal: Wait., then: attic}\n",
        ":15: steps.attic: a call goes round here for ever: attic -> attic; one of these "
        "steps must lead on to another",
    ),
    "a step nobody comes to": (
        PLUMBER + "  attic: {goal: Wait., then: close}\n",
        ":14: steps.attic: no call ever comes here; lead to it by then, if_no or on_failure "
        "of another step",
    ),
    "a time-out that is no number": (
        PLUMBER + "    timeout_s: soon\n",
        ":14: steps.qualify.timeout_s: 'soon' is no number; write how many seconds, "
        "in digits only, like 90",
    ),
    "a time-out out of range": (
        PLUMBER + "    timeout_s: 9000\n",
        ":14: steps.qualify.timeout_s: 9000 is too much; the most is 900",
    ),
    "an unknown field": (
        PLUMBER + "    timeout: 90\n",
        ":14: steps.qualify.timeout: there is no such field; did you mean timeout_s? "
        "docs/workflows.md lists them all",
    ),
    "a name that is none": (
        PLUMBER + "  2nd: {goal: x}\n",
        ":14: steps.2nd: a name is a-z, digits and _, at most 32, a letter first",
    ),
    "like none": (
        PLUMBER.replace("home_services", "plumbing"),
        ":1: like: there is no workflow called plumbing; shipped: appointments, "
        "garage, home_services; one of your own is a file beside this one, NAME.workflow.yaml",
    ),
    "options beside a list": (
        PLUMBER.replace("  area:\n", "  area:\n    options: [{key: a, name: A, phrases: [a]}]\n"),
        ":5: slots.area.options: only a choice that is made from no other list has options",
    ),
    "a bomb": (BOMB, ": has more than 50000 parts, aliases counted as what they stand for"),
    "a part within itself": ("a: &a [*a]\n",
                             ":1: a part is within itself, by its &name; write it out"),
    "a megabyte": ("# " + "x" * 1_000_000, ": is larger than 1000000 bytes; is it the right file?"),
    "far too long": ("# " + "x" * 300_000,
                     ": is longer than 200000 characters; is it the right file?"),
    "nested too deeply": ("[" * 700, ": is nested too deeply; is it the right file?"),
    "not text": (b"\xff\xfe\x00", ":1: is not UTF-8 text; save it as UTF-8"),
    "a control character": ("name: \x00",
                            ":1: the character U+0000 cannot stand in a YAML file; delete it"),
    "a tag": ("name: !!python/object:os.system x\n",
              ":1: a text that begins with ! goes in quotes"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD_WORKFLOWS.values(), ids=BAD_WORKFLOWS)
def test_a_bad_workflow_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "plumber.workflow.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(WorkflowError) as caught:
        load_workflow(path)
    assert str(caught.value) == f"{path}{said}"


def with_fields(**fields):
    """Return the sample company with fields replaced, in their places."""
    text = HARBOUR
    for name, value in fields.items():
        text += f"{name}: {value}\n"
    return text


ADDED = HARBOUR.count("\n") + 1  # the line of the first field that is put behind it

BAD_COMPANIES = {
    "a price that is no number": (
        HARBOUR.replace("price_pounds: 95", "price_pounds: cheap"),
        ":10: services.0.price_pounds: 'cheap' is no number; write digits only, like 90",
    ),
    "no price where one is said": (
        HARBOUR.replace("    price_pounds: 95\n", ""),
        ":8: services.0: blocked_drain has no price_pounds, which the workflow home_services says",
    ),
    "no area where one is asked": (
        HARBOUR[: HARBOUR.index("areas:")],
        ": areas: is empty, and the workflow home_services asks for one",
    ),
    "overlapping hours": (
        with_fields(hours='{mon: ["08:00-12:00", "11:00-17:00"]}'),
        f":{ADDED}: hours.mon: 08:00-12:00 and 11:00-17:00 overlap",
    ),
    "an unknown workflow": (
        with_fields(workflow="plumbing"),
        f":{ADDED}: workflow: there is no workflow called plumbing; shipped: appointments, "
        "garage, home_services; one of your own is a file beside this one, NAME.workflow.yaml",
    ),
    "a workflow of its own with a trap": (
        with_fields(workflow="{like: home_services, name: own, steps: {confirm: {then: book}}}"),
        f":{ADDED}: workflow.steps.confirm: a call goes round here for ever: book -> "
        "confirm -> book; one of these steps must lead on to another",
    ),
    "a workflow with a tool that is not there": (
        with_fields(workflow="{like: garage, name: own, steps: {quote: {tools: [stock]}}}"),
        ": tools: the workflow's steps.quote.tools.0: there is no tool called stock; there are: "
        "cancel_booking, change_booking, check_availability, collect_secret, create_booking, "
        "end_call, find_price, record_details, send_email, send_sms, take_message, "
        "transfer_to_person",
    ),
    "a workflow file that is not there": (
        with_fields(workflow="own.workflow.yaml"),
        f":{ADDED}: workflow: there is no file own.workflow.yaml beside this one",
    ),
    "a file somewhere else": (
        with_fields(workflow="../own.workflow.yaml"),
        f":{ADDED}: workflow: there is no workflow called ../own.workflow.yaml; shipped: "
        "appointments, garage, home_services; one of your own is a file beside this one, "
        "NAME.workflow.yaml",
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD_COMPANIES.values(), ids=BAD_COMPANIES)
def test_a_bad_company_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "harbour.yaml"
    path.write_text(text)
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    assert str(caught.value) == f"{path}{said}"


def test_all_that_is_wrong_is_told_in_the_order_of_the_file(tmp_path):
    path = tmp_path / "p.workflow.yaml"
    path.write_text(PLUMBER.replace("[area, floor]", "[areas, flor]") + "    on_failure: peson\n")
    assert [error.line for error in check_workflow(path).wrong] == [13, 13, 14]


def test_the_default_trade_is_the_booking_of_a_job_in_a_town():
    workflow = trade("home_services")
    found = [(step, rule.needs, rule.then, rule.if_no, rule.timeout_s)
             for step, rule in workflow.steps.items() if step in workflow.main]  # fmt: skip
    assert found == [
        ("greet", (), "understand", None, 30),
        ("understand", ("service",), "qualify", None, 90),
        ("qualify", ("area",), "quote", None, 90),
        ("quote", ("wanted",), "collect", "close", 90),
        ("collect", ("day", "part", "callback", "phone"), "book", None, 240),
        ("book", ("agreed",), "confirm", "collect", 90),
        ("confirm", (), "close", None, 60),
        ("close", (), None, None, 60),
    ]
    assert workflow.steps[Step.CALL_BACK].needs == ("ring_back", "callback", "phone")
    assert workflow.steps[Step.MESSAGE].ends is Outcome.VOICEMAIL
    assert trade("home_services") is workflow


def test_three_trades_of_different_shapes():
    shapes = {name: [slot for step in trade(name).main for slot in trade(name).steps[step].needs]
              for name in trades()}  # fmt: skip
    assert len({tuple(shape) for shape in shapes.values()}) == 3
    assert [name for name in trades() if not trade(name).quotes] == ["appointments"]
    assert [name for name in trades() if trade(name).places_asked] == ["home_services"]
    samples = load_companies(COMPANIES / "samples")
    used = {company.workflow.name for company in samples.values()}
    assert used == {"garage", "rosewood"} and list(COMPANIES.glob("*.yaml")) == [
        COMPANIES / "harbour.yaml"
    ]


def test_a_workflow_like_another_differs_only_in_what_it_says(tmp_path):
    path = tmp_path / "plumber.workflow.yaml"
    path.write_text(PLUMBER)
    plumber, other = load_workflow(path), trade("home_services")
    assert plumber.slots["area"].ask == ("Where is the leak, {options}?",)
    assert plumber.slots["area"].meaning == other.slots["area"].meaning
    assert plumber.steps[Step.QUALIFY].then is Step.QUOTE and plumber.main == other.main
    assert plumber.steps[Step.BOOK] == other.steps[Step.BOOK]


def test_a_new_step_comes_before_the_goodbye(tmp_path):
    path = tmp_path / "odd.workflow.yaml"
    path.write_text(
        "like: garage\nname: odd\nslots:\n  cheaper: {kind: yes_no, ask: [Cheaper], meaning: x}\n"
        "steps:\n  quote: {if_no: triage}\n"
        "  triage: {goal: Ask., needs: [cheaper], then: close, if_no: close}\n"
    )
    steps = list(load_workflow(path).steps)
    assert steps.index("triage") == steps.index("close") - 1 == steps.index("confirm") + 1


def test_a_company_embeds_the_file_it_names_and_names_a_shipped_one(tmp_path):
    (tmp_path / "plumber.workflow.yaml").write_text(PLUMBER)
    path = tmp_path / "harbour.yaml"
    path.write_text(with_fields(workflow="plumber.workflow.yaml"))
    company = load_company(path)
    assert set(load_companies(tmp_path)) == set(company.dids)  # the workflow is no company
    document = company.model_dump_json(exclude_unset=True)
    assert Company.model_validate_json(document) == company
    assert company.workflow.name == "plumber"
    plain = load_company(COMPANIES / "samples/millbrook.yaml")
    assert plain.model_dump(mode="json", exclude_unset=True)["workflow"] == "garage"
    assert Company.model_validate_json(plain.model_dump_json()).workflow is trade("garage")


def test_a_file_can_only_be_named_in_a_file():
    fields = read_yaml(HARBOUR) | {"workflow": "plumber.workflow.yaml"}
    with pytest.raises(ValueError, match="can only be named in a file"):
        Company.model_validate(fields)


def test_side_ways_of_its_own_are_kept():
    own = {"slots": {}, "steps": {"message": {"goal": "Mine."}}}
    merged = whole(own)
    assert merged["steps"]["message"] == {"goal": "Mine."} and "transfer" in merged["steps"]
    assert own == {"slots": {}, "steps": {"message": {"goal": "Mine."}}}


def test_lines_are_those_of_the_parts():
    _, lines = read_yaml_lines("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    places = [("a",), ("b",), ("b", 1), ("b", 1, "d"), ("b", 9), ("z",), ()]
    assert [lines.of(where) for where in places] == [1, 2, 4, 5, 2, None, None]


def test_an_alias_that_is_used_a_few_times_is_no_bomb():
    assert read_yaml("a: &a [1, 2]\nb: *a\nc: *a\n") == {"a": [1, 2], "b": [1, 2], "c": [1, 2]}
    with pytest.raises(YamlError):
        read_yaml(BOMB)


@pytest.mark.parametrize("path", sorted(TRADES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_trade_names_its_schema(path):
    first = path.read_text().splitlines()[0]
    if path.stem in trades():
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("=")[2]).resolve().is_file()


def test_the_example_of_the_guide_holds_and_its_mistake_is_told_as_it_says(tmp_path):
    guide = (Path(__file__).parents[3] / "docs/workflows.md").read_text()
    example = guide[guide.index("like: home_services") :].partition("```")[0]
    path = tmp_path / "plumber.workflow.yaml"
    path.write_text(example)
    assert check_workflow(path).wrong == ()
    path.write_text(example.replace("[area, floor]", "[area, flor]"))
    line = str(check_workflow(path).wrong[0]).removeprefix(f"{tmp_path}/")
    assert f"```\n{line}\n```" in guide
