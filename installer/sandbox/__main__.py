"""`python -m installer.sandbox`: the sandbox commands on their own."""

from installer.sandbox.cli import sandbox

sandbox(prog_name="voiceagent sandbox")
