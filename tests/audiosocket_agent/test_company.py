"""Company files: good ones load, bad ones are refused with one line that says where."""

from pathlib import Path

import pytest
import yaml

import audiosocket_agent
from audiosocket_agent.company import did_digits, load_companies, load_company
from audiosocket_agent.errors import CompanyError

SHIPPED = Path(audiosocket_agent.__file__).parent / "companies"
SAMPLE = (SHIPPED / "harbour.yaml").read_text()


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
