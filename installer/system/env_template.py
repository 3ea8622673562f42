"""The settings file as it is shipped: every setting with unit, range, default and meaning.

It is generated from the settings themselves: ``python -m ari_app.settings_file``.
"""

from __future__ import annotations

from installer.system.package_data import text_of

ENV_TEMPLATE = text_of("voiceagent.env").encode()
