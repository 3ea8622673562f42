"""The tests, a package so that they can share the phone in `tests.phone`."""
