import wave
from pathlib import Path

import numpy as np

from tests.phone import recording
from tests.phone.g711 import LAWS, Pcm
from tests.phone.media import Arrival
from tests.phone.rtp import Packet


def _frame(value: int) -> Pcm:
    return np.full(160, value, dtype=np.int16)


def _arrival(at: float, sequence: int, payload_type: int = 0, ssrc: int = 1) -> Arrival:
    payload = LAWS["PCMU"].encode(_frame(sequence % 100 * 8))
    return Arrival(at, Packet(payload_type, sequence, sequence * 160, ssrc, payload))


def test_audio_comes_by_arrival_once_and_without_key_presses() -> None:
    packets = [_arrival(1.04, 3), _arrival(1.02, 2), _arrival(1.05, 3), _arrival(1.0, 9, 101)]
    frames = recording.audio_frames(packets)
    assert [at for at, _ in frames] == [1.02, 1.04]
    assert [int(pcm[0]) for _, pcm in frames] == [16, 24]


def test_both_laws_are_decoded() -> None:
    alaw = Arrival(1.0, Packet(8, 1, 0, 1, LAWS["PCMA"].encode(_frame(1000))))
    assert abs(int(recording.audio_frames([alaw])[0][1][0]) - 1000) < 32


def test_what_never_came_is_counted_across_wrap_and_disorder() -> None:
    numbers = [0xFFFE, 0xFFFF, 2, 1, 5]  # 0, 3 and 4 are missing
    assert recording.lost([_arrival(n / 50, s) for n, s in enumerate(numbers)]) == 3
    assert recording.lost([_arrival(0, 7), _arrival(0.02, 6)]) == 0
    assert recording.lost([_arrival(0, 7), _arrival(0.02, 900, ssrc=2)]) == 0
    assert recording.lost([]) == 0


def test_jitter_is_smoothed_and_a_hole_stays_a_hole() -> None:
    frames = [(10.0, _frame(1)), (10.023, _frame(2)), (10.039, _frame(3)), (10.2, _frame(4))]
    track = recording.lay_out(frames, start=10.0, seconds=0.3)
    assert len(track) == 2400
    assert [int(track[n * 160 + 80]) for n in range(4)] == [1, 2, 3, 0]
    assert (int(track[1599]), int(track[1600]), int(track[1760])) == (0, 4, 0)


def test_a_burst_is_played_one_after_the_other() -> None:
    frames = [(5.1, _frame(1)), (5.1, _frame(2)), (5.101, _frame(3))]
    track = recording.lay_out(frames, start=5.0, seconds=0.2)
    assert [int(track[800 + n * 160]) for n in range(4)] == [1, 2, 3, 0]


def test_what_falls_outside_is_left_out() -> None:
    frames = [(0.99, _frame(1)), (1.99, _frame(2)), (2.5, _frame(3))]
    track = recording.lay_out(frames, start=1.0, seconds=1.0)
    assert len(track) == 8000
    assert int(track[-1]) == 2


def test_the_caller_is_left_and_the_agent_right(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    recording.write_wav(path, _frame(5), np.full(320, 7, dtype=np.int16))
    with wave.open(str(path)) as written:
        assert (written.getnchannels(), written.getframerate()) == (2, 8000)
        stereo = np.frombuffer(written.readframes(400), dtype="<i2").reshape(-1, 2)
    assert stereo[0].tolist() == [5, 7]
    assert stereo[-1].tolist() == [0, 7]


def test_sound_is_told_from_silence_packet_by_packet() -> None:
    def packet(value: int, payload_type: int = 0, law: str = "PCMU") -> Packet:
        return Packet(payload_type, 1, 0, 1, LAWS[law].encode(_frame(value)))

    assert recording.is_sound(packet(200)) and recording.is_sound(packet(200, 8, "PCMA"))
    assert not recording.is_sound(packet(0)) and not recording.is_sound(packet(0, 8, "PCMA"))
    assert not recording.is_sound(packet(200, 101))
    assert not recording.is_sound(Packet(0, 1, 0, 1, b""))
