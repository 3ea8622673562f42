import pytest

from asterisk_conf import ParameterError
from installer.system import NewCompany, SystemParams


def company(**changes):
    return NewCompany(**{"name": "Bright Sons", "did": "+441632960777"} | changes)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Bright & Sons", "bright_sons"),
        ("Ärzte Süd", "arzte_sud"),
        ("24/7 Plumbing", "company_24_7_plumbing"),
        ("株式会社", "company"),
        ("A" * 80, "a" * 32),
        ("x" * 31 + " yz", "x" * 31),
    ],
)
def test_a_companys_key_comes_from_its_name(name, key):
    assert company(name=name).key == key
    assert str(company(name=name).path) == f"/etc/voiceagent/companies/{key}.yaml"


@pytest.mark.parametrize(
    ("did", "number"),
    [
        ("+44 1632 960777", "+441632960777"),
        ("+44 (0)1632-960777", "+4401632960777"),
        ("441632960777", "441632960777"),
        ("200", "200"),
    ],
)
def test_a_number_may_be_written_as_people_do(did, number):
    assert company(did=did).number == number


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": " x"},
        {"name": "x\ny"},
        {"name": "x\u2028y"},
        {"name": "@@KEY@@"},
        {"name": "!?"},
        {"name": "x" * 81},
        {"did": "12"},
        {"did": "+44 1632 96O777"},
        {"did": "1" * 16},
        {"did": ""},
    ],
)
def test_a_company_that_cannot_be_used_is_refused(wrong):
    with pytest.raises(ParameterError, match="must be"):
        company(**wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"venv": "opt"}, "absolute"),
        ({"venv": "/opt/a b"}, "absolute"),
        ({"venv": "/opt/%n"}, "absolute"),
        ({"venv": "/opt/../etc"}, "absolute"),
        ({"venv": "/root/venv"}, "cannot see"),
        ({"venv": "/home/me/venv"}, "cannot see"),
        ({"account": "a b"}, "account"),
        ({"account": "x\nUser=root"}, "account"),
        ({"values": {"A\nB": "1"}}, "capitals"),
    ],
)
def test_what_would_break_out_of_a_unit_is_refused(wrong, said):
    from pathlib import PurePosixPath

    if "venv" in wrong:
        wrong = {"venv": PurePosixPath(wrong["venv"])}
    with pytest.raises(ParameterError, match=said):
        SystemParams(**wrong)


def test_a_bad_key_is_refused_and_never_repeated():
    with pytest.raises(ParameterError) as caught:
        SystemParams(keys={"GROQ_API_KEY": "gsk_hidden\nX=1"})
    assert "GROQ_API_KEY" in str(caught.value) and "gsk" not in str(caught.value)
    assert "gsk" not in repr(SystemParams(keys={"GROQ_API_KEY": "gsk_hidden"}))
