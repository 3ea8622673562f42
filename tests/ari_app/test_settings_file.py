"""The settings file that is shipped is the one the settings make."""

import re

from ari_app.settings import all_settings
from ari_app.settings_file import WIDTH, render
from installer.system.env_file import read
from installer.system.env_template import ENV_TEMPLATE


def test_the_shipped_file_is_current():
    assert render() == ENV_TEMPLATE.decode(), "run: python -m ari_app.settings_file"


def test_every_setting_but_the_simulators_stands_in_it_once():
    found = re.findall(r"^#([A-Z_]+)=", render(), re.M)
    wanted = {row.variable for row in all_settings() if "_SIM_" not in row.variable}
    assert len(found) == len(set(found)) and set(found) == wanted


def test_as_shipped_it_sets_nothing_and_shows_every_default():
    text = render()
    assert read(text) == {}
    shown = read(re.sub(r"^#([A-Z_]+=)", r"\1", text, flags=re.M))
    for row in all_settings():
        if row.variable in shown and row.variable != "VOICEAGENT_COMPANIES":
            assert shown[row.variable] == row.default
            assert row.range in text and row.meaning.split()[-1] in text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert WIDTH < 100 and "/site-packages/" not in text


def test_the_environment_of_whoever_makes_it_is_not_in_it(monkeypatch):
    before = render()
    monkeypatch.setenv("VOICEAGENT_QUEUE", "mine")
    monkeypatch.setenv("GROQ_API_KEY", "gsk_hidden")
    assert render() == before
