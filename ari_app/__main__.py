"""``python -m ari_app`` is the ``voiceagent`` command; the supervisor starts roles this way."""

from ari_app.cli import main

main()
