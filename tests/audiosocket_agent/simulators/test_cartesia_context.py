"""One context of the simulated Cartesia: when text is spoken, how it ends. Times in seconds."""

import pytest

from audiosocket_agent.simulators.cartesia_context import Context
from audiosocket_agent.simulators.cartesia_request import Refusal, Say

FIRST_MS = 100.0


def said(text, more=True, buffer_ms=0, flush=False, **fixed):
    return Say("c", text, more, flush, buffer_ms, False, 8000, {"model": "m", **fixed}, "v")


def context_with(*texts, now=0.0, **options):
    context = Context(FIRST_MS)
    for text in texts:
        context.say(said(text, **options), now)
    return context


def texts_of(context, now):
    """Take all that is due at one moment, as if each were spoken at once."""
    found = []
    while generation := context.take(now):
        found.append(generation.text)
        context.playing(0.0, now)
        context.spoken(now)
    return found


def test_pieces_are_joined_verbatim():
    context = context_with("Hel", "lo the", "re my", " fr", "iend now")
    context.say(said("", more=False), 0.0)
    assert "".join(texts_of(context, 0.0)) == "Hello there my friend now" and context.over


def test_four_whole_words_start_the_first_generation():
    context = context_with("One two three fo")
    assert context.take(0.01) is None
    context.say(said("ur five"), 0.01)
    assert context.take(0.01).text == "One two three four"


def test_fewer_words_wait_for_a_share_of_the_first_delay():
    context = context_with("One two ")
    assert context.take(0.039) is None
    assert context.take(0.041).text == "One two "


def test_a_word_that_may_go_on_is_kept_for_a_moment():
    context = context_with("One tw")
    assert context.take(0.05).text == "One"
    context.spoken(0.05)
    assert context.take(0.09) is None
    assert context.take(0.11).text == " tw"


def test_only_one_generation_at_a_time():
    context = context_with("One two three. Four five six.")
    assert context.take(0.0).text == "One two three."
    assert context.take(9.0) is None
    context.spoken(9.0)
    assert context.take(9.0).text == " Four five six."


def test_later_text_waits_for_its_clause_while_the_client_has_audio():
    context = context_with("One two three.")
    context.take(0.0)
    context.playing(2.0, 0.1)
    context.spoken(0.6)
    context.say(said(" And then"), 0.6)
    assert context.take(1.0) is None
    assert context.wakes_at() == pytest.approx(1.8)
    assert context.take(1.81).text == " And then"


def test_managed_buffering_starts_at_a_clause_or_when_it_waited_long_enough():
    context = context_with("One two three four five six", buffer_ms=500)
    assert context.take(0.4) is None and context.wakes_at() == pytest.approx(0.5)
    context.say(said(" seven, eight", buffer_ms=500), 0.45)
    assert context.take(0.45).text == "One two three four five six seven,"
    context.spoken(0.45)
    assert context.take(0.9) is None
    assert context.take(0.96).text == " eight"


def test_each_submission_is_a_flush_when_nothing_is_buffered():
    context = context_with("One ", "two ", "three ", "four ", "five ")
    generation = context.take(0.0)
    assert (generation.text, generation.flushed) == ("One two three four", (1, 2, 3))
    assert generation.flush_id == 3 and generation.first
    context.spoken(0.1)
    context.say(said("", more=False), 0.2)
    generation = context.take(0.2)
    assert (generation.text, generation.flushed, generation.first) == (" five ", (4, 5), False)


def test_a_flush_speaks_what_is_buffered():
    context = context_with("One two", buffer_ms=3000)
    assert context.take(0.2) is None
    context.say(said("", buffer_ms=3000, flush=True), 0.2)
    generation = context.take(0.2)
    assert (generation.text, generation.flushed, generation.flush_id) == ("One two", (1,), 1)
    context.spoken(0.3)
    context.say(said("", buffer_ms=3000, flush=True), 0.4)
    generation = context.take(0.4)
    assert (generation.text, generation.flushed) == ("", (2,))


def test_it_expires_a_second_after_its_last_audio():
    context = context_with("One two three.")
    assert not context.expired(99.0)
    context.take(0.0)
    context.spoken(0.5)
    assert context.wakes_at() == pytest.approx(1.5)
    assert not context.expired(1.49) and context.expired(1.5)
    context.say(said(" Four."), 1.49)
    assert not context.expired(1.6)


def test_a_context_that_was_finished_does_not_expire_but_ends():
    context = context_with("One two three.", more=False)
    context.take(0.0)
    context.spoken(0.5)
    assert context.over and not context.expired(5.0)


def test_a_cancel_drops_what_is_not_generating():
    context = context_with("One two three. Four five six.")
    assert context.take(0.0).text == "One two three."
    context.cancel()
    assert not context.over and not context.ends_silently
    context.spoken(1.0)
    assert context.over and context.take(1.0) is None


def test_a_cancel_before_anything_ends_it_silently():
    context = context_with("One")
    context.cancel()
    assert context.over and context.ends_silently


def test_fields_may_not_change():
    context = context_with("One")
    with pytest.raises(Refusal, match="may not change"):
        context.say(said("two", model="other"), 0.1)


def test_text_after_the_finish_is_refused():
    context = context_with("One two.", more=False)
    with pytest.raises(Refusal, match="finished"):
        context.say(said("three"), 0.1)


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_an_empty_context_just_ends(text):
    context = context_with(text, more=False)
    assert [t.strip() for t in texts_of(context, 0.0)] in ([], [""])
    assert context.over
