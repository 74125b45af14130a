"""Ports that tests and the verification listen on."""

from acc.verification.ports import free_port


def test_a_port_is_given_once():
    assert len({free_port() for _ in range(300)}) == 300
