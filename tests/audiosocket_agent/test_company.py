"""Company files: good ones load, bad ones are refused with one line that says where."""

import re
from pathlib import Path

import pytest
import yaml

import audiosocket_agent
from audiosocket_agent.company import Company, did_digits, load_companies, load_company
from audiosocket_agent.company_fields import FieldsModel
from audiosocket_agent.company_yaml import read_yaml
from audiosocket_agent.errors import CompanyError

SHIPPED = Path(audiosocket_agent.__file__).parent / "companies"
SAMPLE = (SHIPPED / "harbour.yaml").read_text()
DOCS = Path(__file__).parents[2] / "docs"
PAGE = "".join(
    path.read_text()
    for path in DOCS.glob("*.md")
    if path.stem in ("companies", "bookings", "tools", "workflows")
)


def test_the_shipped_sample_loads():
    companies = load_companies(SHIPPED)
    assert companies["441632960001"].name == "Harbour Home Services"


def broken(**changes):
    return yaml.safe_dump({**yaml.safe_load(SAMPLE), **changes})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("key: [", "bad.yaml:1: "),
        ("just words", "the file"),
        (broken(dids=["+44 1632"]), "dids.0"),
        (broken(greeting=""), "greeting"),
        (broken(timezone="Mars/Olympus"), "timezone"),
        (broken(max_misses=0), "max_misses"),
        (broken(misses_before_offer=0), "misses_before_offer"),
        (broken(misses_before_offer=11), "misses_before_offer"),
        (broken(misses_before_offer=4), "misses_before_offer: 4 is more than max_misses, 3"),
        (broken(warn_before_s=-1), "warn_before_s"),
        (broken(warn_before_s=600), "warn_before_s: 600 is not less than max_call_s, 600"),
        (broken(max_call_s=40, warn_before_s=60), "warn_before_s: 60 is not less than"),
        (broken(max_call_s=29), "max_call_s"),
        (broken(comfort_after_s=0.4), "comfort_after_s"),
        (broken(comfort_after_s=10.1), "comfort_after_s"),
        (broken(comfort_after_s=float("nan")), "comfort_after_s"),
        (broken(no_input_s=0.5), "no_input_s"),
        (broken(colour="red"), "colour"),
        (broken(services=[]), "services"),
        (SAMPLE.replace("price_pounds: 95", "price_pounds: cheap"), "services.0.price_pounds"),
        (SAMPLE.replace("[truro]", "[TR-1!]"), "areas.0.phrases.0"),
        (SAMPLE + "name: Again\n", "name stands there twice"),
        (SAMPLE + "a" * 300_000, "longer than"),
        ("[" * 5000, "nested too deeply"),
        ("key: !!int x", "bad.yaml:1: 'x' is not what !!int says"),
        ("- key: a", "the file: is a list and holds no fields; write NAME: VALUE"),
        ("", "the file: is empty and holds no fields"),
        (broken(colour="red"), "colour: there is no such field; docs/companies.md lists them all"),
        (SAMPLE.replace("key: harbour", ""), "key: is missing"),
        (broken(key="Harbour Ltd"), "key: 'Harbour Ltd' cannot be used: a name is a-z"),
        (broken(name="  "), "name: '  ' cannot be used: 1-400 characters, one line"),
        (broken(greeting="Hello\x1b[2J"), "greeting: "),
        (broken(timezone="/etc/passwd"), "timezone: no time zone is called"),
        (broken(timezone="../etc/passwd"), "timezone: no time zone is called"),
        (SAMPLE + "no_input_s: true\n", "no_input_s: true is no value here"),
        (SAMPLE + "max_misses: true\n", "max_misses: true is no value here"),
        (SAMPLE.replace("price_pounds: 95", "price_pounds: true"), "services.0.price_pounds: true"),
        (SAMPLE + "ai: 2\n", "ai: "),
        (SAMPLE + "ai: perhaps\n", "ai: "),
        (
            SAMPLE.replace("key: leaking_tap", "key: boiler_service"),
            "services.2.key: boiler_service",
        ),
        (
            SAMPLE.replace("dripping tap", "boiler"),
            "services.2.phrases.1: boiler stands there twice",
        ),
        (SAMPLE.replace("TR16", "TR11"), "areas.2.outward.1: TR11 stands there twice"),
        (
            SAMPLE.replace("phrases: [redruth]", "phrases: [truro]"),
            "areas.2.phrases.0: truro stands there",
        ),
        (
            broken(dids=["441632960001", "+44 1632 960001"]),
            "dids.1: 441632960001 stands there twice",
        ),
        (broken(dids=["0800 NOT REAL"]), 'write it with + and the country code, in quotes: "+44'),
        (broken(dids=[True]), "dids.0: "),
        (broken(dids=["12"]), "dids.0: '12' cannot be used: a number has 3-15 digits"),
        (broken(dids="441632960001"), "dids: "),
        (SAMPLE.replace("name: Truro", 'name: "\\ud83d x"'), "half a character"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, text, says):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(CompanyError) as caught:
        load_company(path)
    assert says in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("set_", "found"),
    [
        ({}, (3, 2, 600, 60, 1.2)),
        ({"max_misses": 1}, (1, 1, 600, 60, 1.2)),
        ({"max_call_s": 50}, (3, 2, 50, 25, 1.2)),
        ({"max_misses": 10, "misses_before_offer": 10}, (10, 10, 600, 60, 1.2)),
        ({"max_call_s": 61, "warn_before_s": 60, "comfort_after_s": 10}, (3, 2, 61, 60, 10)),
        ({"warn_before_s": 0, "comfort_after_s": 0.5}, (3, 2, 600, 0, 0.5)),
    ],
)
def test_patience_has_defaults_that_fit_what_is_set(tmp_path, set_, found):
    path = tmp_path / "good.yaml"
    path.write_text(broken(**set_))
    it = load_company(path)
    assert found == (
        it.max_misses, it.misses_before_offer, it.max_call_s, it.warn_before_s, it.comfort_after_s,
    )  # fmt: skip


def test_the_sample_tells_the_defaults_there_are():
    company = load_company(SHIPPED / "harbour.yaml")
    optional = {
        name for name, field in type(company).model_fields.items() if not field.is_required()
    }
    told = "\n".join(re.findall(r"^# (\w+: .*)$", SAMPLE, re.MULTILINE))
    assert set(read_yaml(told)) == optional - {"areas"}
    assert Company.model_validate(read_yaml(SAMPLE) | read_yaml(told)) == company


def test_the_sample_is_open_round_the_clock():
    company = load_company(SHIPPED / "harbour.yaml")
    assert company.ai and company.hours is None and not company.holidays


def models(model):
    """Return a model and all it is made of."""
    found = [model]
    for field in model.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, FieldsModel):
                found += models(part)
    return found


def test_the_page_names_every_field_and_the_defaults_of_patience():
    company = load_company(SHIPPED / "harbour.yaml")
    assert len(models(Company)) >= 10
    for model in models(Company):
        assert all(f"`{name}`" in PAGE for name in model.model_fields), model
    patience = re.findall(
        r"^\| `(\w+)` \| [^|]+\| [^|]+\| ([\d.]+)[^|]*\|.*\|.*\|$", PAGE, re.MULTILINE
    )
    numbers = {name: getattr(company, name) for name in vars(company) if name.endswith("_s")}
    assert {name for name, _ in patience} >= set(numbers)
    for name, default in patience:
        assert default == str(getattr(company, name)), name


def test_missing_folder_binary_file_and_shared_did(tmp_path):
    with pytest.raises(CompanyError, match="no such folder"):
        load_companies(tmp_path / "nowhere")
    with pytest.raises(CompanyError, match="holds no company"):
        load_companies(tmp_path)
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CompanyError, match="UTF-8"):
        load_companies(tmp_path)
    (tmp_path / "a.yaml").write_text(SAMPLE)
    (tmp_path / "b.yaml").write_text(SAMPLE)
    with pytest.raises(CompanyError, match="already belongs to harbour"):
        load_companies(tmp_path)


def test_did_digits():
    assert did_digits("+44 (1632) 960-001") == "441632960001"
