import json
from pathlib import Path

from audiosocket_agent.simulators.delays import Delays
from bench.pages import BEGIN, END, replace_block, save
from bench.phases import Judged
from bench.plans import Mode
from bench.turn_analysis import Answered, Said, Stopped

_PNG = b"\x89PNG"


def _judged(name: str) -> Judged:
    judged = Judged(name, calls=1, planned=20)
    marks = {"speech_end": 0, "decision": 200, "first_frame": 250}
    for n in range(20):
        said = Said(Mode.ANSWER, "sentence", "words", 0.0, 1.0)
        answered = Answered(said, False, False, 200.0 + 10 * n, 1.2)
        judged.answers.append(answered)
        judged.waterfalls.append((answered, marks))
        judged.stops.append((Stopped(said, True, 60.0 + n, True), True))
    return judged


def test_a_block_is_replaced_between_its_markers_and_nowhere_else() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replace_block(page, "| new |\n")
    assert once == f"before\n{BEGIN}\n| new |\n{END}\nafter\n"
    assert replace_block(once, "| new |\n") == once
    assert replace_block("no markers\n", "new") == "no markers\n"


def test_a_run_leaves_figures_a_page_pictures_and_the_front_page(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n{BEGIN}\n{END}\n")
    found = {
        "deepgram_flux": {"few": _judged("Flux"), "fifty": _judged("Flux, 50 at once")},
        "naive": {"few": _judged("naive chain")},
    }
    page = save(tmp_path / "out", {"cpu": "fast"}, found, Delays(), readme)
    assert (
        "120 EagerEndOfTurn" in page
        and "cpu fast" in page
        and "Flux, 50 at once, the worst turn" in page
    )
    assert (tmp_path / "out" / "turns.md").read_text() == page
    figures = json.loads((tmp_path / "out" / "turns.json").read_text())
    assert len(figures["ears"]["deepgram_flux"]["turns"]) == 40
    assert any(row["name"].endswith("more than with few")
               for row in figures["ears"]["deepgram_flux"]["times"])  # fmt: skip
    pictures = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert pictures == [
        "turns_barge_in.png",
        "turns_gap.png",
        "turns_waterfall_deepgram_flux.png",
        "turns_waterfall_naive.png",
    ]
    for name in pictures:
        picture = (tmp_path / "out" / name).read_bytes()
        assert picture.startswith(_PNG) and len(picture) < 150_000
    assert "| Flux | Flux, 50 at once | naive chain |" in readme.read_text()
