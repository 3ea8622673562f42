"""What was heard at a moment, from literal changes of the voice."""

from audiosocket_agent.simulators.hearing import Hearing, Word
from audiosocket_agent.simulators.script import Segment
from audiosocket_agent.simulators.stretches import Change, Edge

CODE = Segment(("my", "post", "code", "is"), 800.0)
ONE = Segment(("M", "one"), 400.0)


def texts(words):
    return [word.text for word in words]


def hearing(*segments, changes=()):
    heard = Hearing(segments)
    for edge, at_ms in changes:
        heard.note(Change(edge, at_ms))
    return heard


def test_words_are_spread_evenly_and_show_when_they_have_ended():
    heard = hearing(CODE, changes=[(Edge.VOICE, 1000.0)])
    assert [texts(heard.words(at)) for at in (1199, 1200, 1599, 1600, 1800)] == [
        [],
        ["my"],
        ["my", "post"],
        ["my", "post", "code"],
        ["my", "post", "code", "is"],
    ]
    assert heard.words(1200) == [Word("my", 1000.0, 1200.0)]
    assert heard.due_ms(1250) == 1400.0


def test_a_lag_shows_them_later():
    heard = hearing(CODE, changes=[(Edge.VOICE, 1000.0)])
    assert texts(heard.words(1299, lag_ms=100)) == []
    assert texts(heard.words(1300, lag_ms=100)) == ["my"]
    assert heard.due_ms(1250, lag_ms=100) == 1300.0


def test_quiet_lets_the_last_words_out_though_the_measure_was_long():
    heard = hearing(CODE, changes=[(Edge.VOICE, 0.0), (Edge.QUIET, 650.0)])
    assert texts(heard.words(740)) == ["my", "post", "code"]
    assert texts(heard.words(750)) == ["my", "post", "code", "is"]


def test_quiet_in_the_middle_lets_nothing_out_that_was_not_said():
    heard = hearing(CODE, changes=[(Edge.VOICE, 0.0), (Edge.QUIET, 350.0)])
    assert texts(heard.words(500)) == ["my", "post"]
    heard.note(Change(Edge.VOICE, 510.0))
    assert texts(heard.words(600)) == ["my", "post", "code"]


def test_the_end_of_a_stretch_lets_all_out_and_the_next_takes_the_next_segment():
    heard = hearing(CODE, ONE, changes=[(Edge.VOICE, 0.0), (Edge.QUIET, 100.0), (Edge.END, 100.0)])
    assert texts(heard.words(300)) == ["my", "post", "code", "is"]
    assert heard.open is None
    heard.note(Change(Edge.VOICE, 400.0))
    assert texts(heard.words(610)) == ["my", "post", "code", "is", "M"]


def test_taken_words_are_gone():
    heard = hearing(CODE, changes=[(Edge.VOICE, 0.0)])
    assert texts(heard.take(450).words) == ["my", "post"]
    assert texts(heard.words(650)) == ["code"]


def test_a_scripted_noise_uses_up_its_stretch_and_is_known_to_have_no_words():
    heard = hearing(Segment((), 250.0), ONE, changes=[(Edge.VOICE, 0.0), (Edge.QUIET, 250.0)])
    assert not heard.unknown
    assert heard.due_ms(100) is None
    heard.note(Change(Edge.END, 250.0))
    assert heard.hand_over() == []
    assert heard.words(600) == []
    heard.note(Change(Edge.VOICE, 1000.0))
    assert texts(heard.words(1400)) == ["M", "one"]


def test_an_unscripted_stretch_is_handed_out_and_waited_for():
    heard = hearing(changes=[(Edge.VOICE, 100.0), (Edge.QUIET, 500.0)])
    assert heard.unknown
    assert heard.hand_over() == []
    heard.note(Change(Edge.END, 500.0))
    (stretch,) = heard.hand_over()
    assert heard.hand_over() == []
    assert (stretch.start_ms, stretch.voice_end_ms) == (100.0, 500.0)
    taken = heard.take(700)
    assert (taken.words, taken.complete(), heard.unknown) == ([], False, False)
    heard.resolve(stretch.number, ["yes", "please"])
    assert taken.complete()
    assert taken.all_words() == [Word("yes", 100.0, 300.0), Word("please", 300.0, 500.0)]


def test_words_after_an_unknown_stretch_wait_for_it():
    heard = hearing(changes=[(Edge.VOICE, 0.0), (Edge.QUIET, 400.0)])
    heard.note(Change(Edge.END, 400.0))
    heard.note(Change(Edge.VOICE, 700.0))
    heard.note(Change(Edge.QUIET, 900.0))
    heard.note(Change(Edge.END, 900.0))
    first, second = heard.hand_over()
    heard.resolve(second.number, ["two"])
    assert heard.words(1200) == []
    heard.resolve(first.number, [])
    assert texts(heard.words(1200)) == ["two"]
    assert not heard.unknown


def test_cutting_an_unscripted_voice_leaves_the_rest_to_another_stretch():
    heard = hearing(changes=[(Edge.VOICE, 100.0)])
    heard.cut(600)
    (stretch,) = heard.hand_over()
    assert (stretch.start_ms, stretch.voice_end_ms) == (100.0, 600)
    assert heard.open.start_ms == 600


def test_cutting_in_the_quiet_ends_the_stretch():
    heard = hearing(changes=[(Edge.VOICE, 100.0), (Edge.QUIET, 500.0)])
    heard.cut(600)
    (stretch,) = heard.hand_over()
    assert (stretch.start_ms, stretch.voice_end_ms, heard.open) == (100.0, 500.0, None)


def test_there_is_nothing_to_cut_in_a_scripted_stretch_or_in_silence():
    scripted = hearing(CODE, changes=[(Edge.VOICE, 100.0)])
    for heard in (scripted, hearing()):
        heard.cut(600)
        assert heard.hand_over() == []
    assert scripted.open.voice_end_ms is None


def test_quiet_is_counted_from_the_end_of_the_voice():
    heard = hearing(CODE, changes=[(Edge.VOICE, 100.0)])
    assert (heard.voice, heard.quiet_ms(300)) == (True, 0.0)
    heard.note(Change(Edge.QUIET, 400.0))
    assert (heard.voice, heard.quiet_ms(520)) == (False, 120.0)
