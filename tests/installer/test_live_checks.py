"""What is asked of the running machine before anything is done; the rest is in test_activation."""

import pytest

from installer.errors import ConflictError
from installer.live import Ran
from installer.live_checks import refuse_old_systemd


def saying(text, code=0):
    return lambda words: Ran(code, text) if words == ("--version",) else Ran(1, "")


@pytest.mark.parametrize(
    "text", ["systemd 235\n+PAM", "systemd 252 (252.39-1~deb12u1)\n", "systemd 260", "", "what?"]
)
def test_a_systemd_that_has_accounts_of_its_own_will_do(text):
    refuse_old_systemd(saying(text))


def test_an_older_one_needs_an_account():
    with pytest.raises(ConflictError, match="systemd 219 .* --account"):
        refuse_old_systemd(saying("systemd 219\n+PAM +AUDIT"))
