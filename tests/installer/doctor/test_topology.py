"""Which half of an installation a host has, as its installer wrote it down."""

from __future__ import annotations

import json

import pytest

from installer.doctor.topology import Half, Topology, topology_of


def test_the_hosts_of_an_installation_apart():
    told = {"agent_address": "192.0.2.10", "queue": "reception", "agi_port": 4600}
    pbx = topology_of(json.dumps(told))
    assert pbx == Topology(Half.PBX, "192.0.2.10", "192.0.2.10", queue="reception", agi_port=4600)
    assert topology_of(json.dumps({**told, "agi_host": "192.0.2.11"})).gate == "192.0.2.11"
    told |= {"agent_only": True, "pbx_address": "192.0.2.1", "routing": False}
    agent = topology_of(json.dumps(told))
    assert (agent.half, agent.pbx, agent.routing) == (Half.AGENT, "192.0.2.1", False)


def test_all_on_one_host():
    for address in ("127.0.0.1", "::1", "", "no address"):
        assert topology_of(json.dumps({"agent_address": address})).half is Half.WHOLE


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"agent_address": 7, "agi_port": true}'])
def test_what_nobody_wrote_means_one_host(text):
    assert topology_of(text) == Topology()
