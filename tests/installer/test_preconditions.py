"""What keeps a service from being planned; the flags that lead there are in test_cli_service."""

import pytest

from installer.errors import ConflictError
from installer.preconditions import refuse_taken_number
from installer.system import NewCompany, SystemParams
from installer.tree import Tree


@pytest.fixture
def there(tmp_path):
    path = tmp_path / "etc/voiceagent/companies/bright.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("key: bright\ndids:\n  - 200\n  - '+44 1632 960777'\n")
    return tmp_path


@pytest.mark.parametrize("did", ["+441632960777", "441632960777", "200"])
def test_a_number_of_another_company_is_refused_and_its_file_named(there, did):
    system = SystemParams(company=NewCompany(name="New", did=did))
    with pytest.raises(ConflictError, match="called on") as refused:
        refuse_taken_number(Tree(there), system)
    assert refused.value.where == "/etc/voiceagent/companies/bright.yaml"


def test_a_number_that_is_free_or_the_companys_own_is_not(there):
    for name, did in (("New", "+441632960778"), ("Bright", "200")):
        refuse_taken_number(Tree(there), SystemParams(company=NewCompany(name=name, did=did)))
    refuse_taken_number(Tree(there), SystemParams())
