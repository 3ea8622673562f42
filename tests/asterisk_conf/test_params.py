import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk_conf import BundleParams, ParameterError

HOSTILE = ["", "a,b", "a b", "a\nb", "${SHELL(id)}", "$[1]", "a;b", "a)", 'a"', "a&b", "a|b", "a\0"]


@pytest.mark.parametrize("value", [*HOSTILE, "-a", "q" * 80, "schön"])
def test_a_queue_that_would_break_the_dialplan_is_refused(value):
    with pytest.raises(ParameterError, match="queue must be"):
        BundleParams(queue=value)


@pytest.mark.parametrize("value", [*HOSTILE, "host/", "host:1", "-host", "host-", "h@st", "::1"])
def test_a_host_that_would_break_the_address_is_refused(value):
    with pytest.raises(ParameterError, match="agi_host must be"):
        BundleParams(agi_host=value)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_refused(port):
    with pytest.raises(ParameterError, match="agi_port"):
        BundleParams(agi_port=port)


@pytest.mark.parametrize("seconds", [0, -5, 86_401])
def test_a_queue_timeout_out_of_range_is_refused(seconds):
    with pytest.raises(ParameterError, match="queue_timeout_s"):
        BundleParams(queue_timeout_s=seconds)


@pytest.mark.parametrize("queue", ["reception", "600", "_q", "a-b_C9", "q" * 79])
def test_ordinary_queues_are_accepted(queue):
    assert BundleParams(queue=queue).queue == queue


@pytest.mark.parametrize("host", ["127.0.0.1", "pbx", "agent.example.org", "a"])
def test_ordinary_hosts_are_accepted(host):
    assert BundleParams(agi_host=host).agi_host == host


@given(st.text(max_size=100), st.text(max_size=100))
def test_whatever_is_accepted_cannot_leave_its_argument(queue, host):
    try:
        params = BundleParams(queue=queue, agi_host=host)
    except ParameterError:
        return
    for value in (params.queue, params.agi_host):
        assert value.isascii() and value.isprintable()
        assert not set(value) & set(",;()[]{}$&|\"'\\ =>")


@pytest.mark.parametrize("value", [*HOSTILE[1:], "-a", "x" * 80])
def test_a_context_that_would_break_the_dialplan_is_refused(value):
    with pytest.raises(ParameterError, match="extensions_context must be"):
        BundleParams(extensions_context=value)
    with pytest.raises(ParameterError, match="outside_context must be"):
        BundleParams(outside_context=value)


def test_what_is_usual_on_the_pbx_need_not_be_named():
    assert (BundleParams().extensions_context, BundleParams().outside_context) == ("", "")


@pytest.mark.parametrize("member", ["PJSIP/100", "Local/100@from-queue/n", "IAX2/a-b_c+1.2"])
def test_a_queue_can_have_members_of_any_technology(member):
    assert BundleParams(queue_stub=(member,)).queue_stub == (member,)


@pytest.mark.parametrize("member", [*HOSTILE, "100", "/100", "PJSIP/", "PJSIP/1,2", "PJSIP/1;2"])
def test_a_member_that_would_break_the_queues_is_refused(member):
    with pytest.raises(ParameterError, match="queue_stub must be members"):
        BundleParams(queue_stub=("PJSIP/100", member))


def test_a_queue_of_ours_cannot_be_called_like_the_files_own_section():
    assert BundleParams(queue="general").queue == "general"
    with pytest.raises(ParameterError, match="queue must be another name"):
        BundleParams(queue="General", queue_stub=("PJSIP/100",))


@pytest.mark.parametrize(
    ("address", "remote"),
    [("127.0.0.1", False), ("127.8.0.1", False), ("::1", False), ("10.0.0.7", True), ("::2", True)],
)
def test_an_agent_elsewhere_is_known_by_its_address(address, remote):
    assert BundleParams(agent_address=address).remote is remote


@pytest.mark.parametrize(
    "address", [*HOSTILE, "pbx.example", "10.0.0", "10.0.0.0/8", "::g", "fe80::1%a\nb"]
)
def test_an_agent_is_named_by_an_address_and_nothing_else(address):
    with pytest.raises(ParameterError, match="agent_address must be an IPv4 or IPv6 address"):
        BundleParams(agent_address=address)


@pytest.mark.parametrize("value", [*HOSTILE, "var/spool", "/", "/a/", "/a b", "/a,b", "/a//b"])
def test_a_spool_directory_that_would_break_the_dialplan_is_refused(value):
    with pytest.raises(ParameterError, match="spool must be"):
        BundleParams(spool=value)


@pytest.mark.parametrize("value", ["short", "s" * 31, "s" * 129, "s" * 32 + "\n", "s" * 40 + ";"])
def test_a_secret_that_is_short_or_would_break_its_line_is_refused_and_not_repeated(value):
    for name in ("ami_secret", "ari_password"):
        with pytest.raises(ParameterError, match=name) as caught:
            BundleParams(**{name: value})
        assert value.strip() not in str(caught.value)


def test_secrets_are_not_shown_with_the_other_choices():
    shown = repr(BundleParams(ami_secret="s" * 40, ari_password="p" * 40))
    assert "sss" not in shown and "ppp" not in shown
