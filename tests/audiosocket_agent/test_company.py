"""Company files: good ones load, bad ones are refused with one line that says where."""

import re
from pathlib import Path

import pytest
import yaml

import audiosocket_agent
from audiosocket_agent.company import did_digits, load_companies, load_company
from audiosocket_agent.errors import CompanyError

SHIPPED = Path(audiosocket_agent.__file__).parent / "companies"
SAMPLE = (SHIPPED / "harbour.yaml").read_text()
PAGE = (Path(__file__).parents[2] / "docs" / "companies.md").read_text()


def test_the_shipped_sample_loads():
    companies = load_companies(SHIPPED)
    assert companies["441632960001"].name == "Harbour Home Services"


def broken(**changes):
    return yaml.safe_dump({**yaml.safe_load(SAMPLE), **changes})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("key: [", "line 1"),
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


def _values_of(text, pattern):
    return dict(re.findall(pattern, text, re.MULTILINE))


def test_the_sample_and_the_page_tell_the_defaults_there_are():
    company = load_company(SHIPPED / "harbour.yaml")
    optional = [
        name for name, field in type(company).model_fields.items() if not field.is_required()
    ]
    in_sample = _values_of(SAMPLE, r"^# (\w+): (\S+)")
    on_page = _values_of(PAGE, r"^\| `(\w+)` \| [^|]+\| [^|]+\| ([\d.]+)")
    for name in optional:
        assert in_sample[name] == str(getattr(company, name)), name
        assert name == "timezone" or on_page[name] == in_sample[name], name
    assert all(f"`{name}`" in PAGE for name in type(company).model_fields)


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
