"""What Asterisk asks us at a call's start and end.

`gate` decides, `fastagi` serves the decision to a running Asterisk over TCP, `setup.agi` serves the
same one as a script. This folder is also what the installer copies into Asterisk's agi-bin, so it
imports nothing but the standard library and pyst2, and as little of those as it can: a script is
started for every call.
"""
