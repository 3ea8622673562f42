"""Written words and spoken words, counted side by side."""

from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.spoken import spoken
from audiosocket_agent.spoken_words import count_words
from audiosocket_agent.written import Written

TEXT = "It costs £75 in all. Call 07700 900123 - or, well, e.g. **TR1 1AA**?"


def test_a_price_is_heard_when_all_of_its_words_are():
    written = Written.whole("It costs £75 in all.")
    assert written.spoken == "It costs seventy-five pounds in all."
    heard = [written.first(n) for n in range(7)]
    assert heard == [
        "", "It", "It costs", "It costs", "It costs £75", "It costs £75 in", "It costs £75 in all.",
    ]  # fmt: skip


def test_a_share_of_a_number_is_the_share_of_its_parts():
    written = Written.whole("Call 07700 900123.")
    assert written.spoken_words == 12  # "call", and eleven figures
    assert [written.first(n) for n in (1, 6, 7, 11, 12)] == [
        "Call", "Call", "Call 07700", "Call 07700", "Call 07700 900123.",
    ]  # fmt: skip


def test_a_dash_goes_with_the_word_before_it_and_is_not_counted():
    assert Written.whole("one two - three").first(2) in ("one two", "one two -")
    assert Written.whole("one two - three").first(3) == "one two - three"


def test_what_is_held_back_is_not_spoken():
    written = Written()
    assert [written.add(token) for token in ("one", " two", " thr")] == ["", "one", " two"]
    assert written.text == "one two thr" and written.first(2) == "one two"
    assert written.add("ee") == "" and written.finish() == " three"
    assert written.first(3) == "one two three"


def test_sentences_are_apart():
    written = Written()
    said = written.add("Well") + written.sentence("It is £75.") + written.sentence("All right?")
    assert said == written.spoken == "Well It is seventy-five pounds. All right?"
    assert written.text == "Well It is £75. All right?"
    assert [written.first(n).split()[-1:] for n in (1, 3, 5, 7)] == [
        ["Well"], ["is"], ["£75."], ["right?"],
    ]  # fmt: skip


@given(text=st.text("ab1 .,£-*7:TR", max_size=40) | st.just(TEXT), data=st.data())
def test_however_it_is_cut_more_heard_is_never_less_remembered(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    written = Written()
    bounds = zip([0, *cuts], [*cuts, len(text)], strict=True)
    said = "".join(written.add(text[first:end]) for first, end in bounds) + written.finish()
    assert said == written.spoken == spoken(text) and written.text == text
    assert written.spoken_words == count_words(said)
    heard = [written.first(n / 2).split() for n in range(2 * written.spoken_words + 1)]
    words = text.split()
    for less, more in zip(heard, [*heard[1:], words], strict=True):
        assert more[: len(less)] == less and len(more) >= len(less)
    if any(count_words(word) for word in words) and written.spoken_words:
        assert count_words(" ".join(words[len(heard[-1]) :])) == 0  # all was heard
