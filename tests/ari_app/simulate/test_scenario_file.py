from pathlib import Path

import pytest

from ari_app.simulate.scenario_file import ScenarioError, read_case, schema

PUBLISHED = Path(__file__).parents[3] / "docs/schemas/scenario.schema.json"
GOOD = "about: A call.\npersona: {}\nexpect: {}\n"


def test_the_published_schema_is_the_one_in_force():
    assert PUBLISHED.read_text() == schema(), (
        "run voiceagent simulate --schema > docs/schemas/scenario.schema.json"
    )


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("about: A call.\npersona:\n  goal: fly\nexpect: {}\n", 3, "goal"),
        ("about: A call.\npersona:\n  manners: plain\nexpect: {}\n", 3, "no such field"),
        (GOOD + "world:\n  queue:\n    free: -1\n", 6, "world.queue.free"),
        (GOOD + "company: nobody\n", 4, "no company that comes with the program is called nobody"),
        (GOOD + "company_file: other.yaml\n", 4, "company_file"),
        (GOOD + "company_changes:\n  max_misses: many\n", 5, "company_changes.max_misses: 'many'"),
        (GOOD + "world:\n  tools:\n    fetch: {}\n", 6, "harbour has no tool fetch"),
        (GOOD.replace("expect: {}", "expect:\n  steps_never: [qoute]"), 4,
         "no step qoute; there are"),
        (GOOD.replace("expect: {}", "expect:\n  steps: [greet, qoute]"), 4, "no step qoute"),
        (GOOD.replace("expect: {}", "expect:\n  tools_never: [create_boking]"), 4,
         "no tool create_boking; there are cancel_booking,"),
        (GOOD.replace("expect: {}", "expect:\n  given: {create_boking: {}}"), 4,
         "no tool create_boking"),
        ("about: A call.\nabout: Twice.\n", 2, "about stands there twice, first in line 1"),
        (GOOD.replace("{}\nexpect", "{replies: [{when: x, say: a, hang_up: true}]}\nexpect"), 2,
         "exactly one of"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, where, what):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as error:
        read_case(path)
    assert what in str(error.value)
    assert str(error.value).startswith(f"{path}:{where}: ")
    assert "\n" not in str(error.value)


def test_a_company_file_lies_next_to_the_scenario(tmp_path):
    from ari_app.simulate.scenario_file import COMPANIES

    company = (COMPANIES / "harbour.yaml").read_text().replace("key: harbour", "key: mine")
    (tmp_path / "mine.yaml").write_text(company)
    path = tmp_path / "a.yaml"
    path.write_text(GOOD + "company_file: mine.yaml\n")
    assert read_case(path).company.key == "mine"
