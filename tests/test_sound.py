"""Sound in any ordinary file becomes float32 mono 16 kHz, and comes back; what is none gets one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from duologue import sound
from duologue.errors import BadAudio
from duologue.sound import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, Resampler, Samples


def tone(seconds: float = 0.5, rate: int = SAMPLE_RATE, hertz: float = 440.0) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def loudest_hertz(samples: Samples) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * SAMPLE_RATE / len(samples))


def test_one_frame_is_80_ms() -> None:
    assert FRAME_SAMPLES * 1000 == FRAME_MS * SAMPLE_RATE


@pytest.mark.parametrize("kind", [".wav", ".flac", ".ogg", ".mp3"])
def test_what_is_written_is_read_back(tmp_path: Path, kind: str) -> None:
    samples = tone()
    sound.write(tmp_path / f"a{kind}", samples, note="made by a test")
    again = sound.read(tmp_path / f"a{kind}")
    assert again.dtype == np.float32
    assert again.shape == samples.shape
    assert np.abs(again - samples).max() < (0.001 if kind in (".wav", ".flac") else 0.05)
    with soundfile.SoundFile(tmp_path / f"a{kind}") as file:
        assert file.comment == "made by a test"


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
def test_any_rate_and_number_of_channels(tmp_path: Path, rate: int, channels: int, subtype: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.repeat(tone(rate=rate)[:, None], channels, axis=1), rate, subtype=subtype)
    samples = sound.read(path)
    assert abs(len(samples) - SAMPLE_RATE // 2) <= 2
    assert loudest_hertz(samples) == pytest.approx(440, abs=4)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.03)


def test_silence_is_sound(tmp_path: Path) -> None:
    sound.write(tmp_path / "a.wav", np.zeros(SAMPLE_RATE, np.float32))
    assert not sound.read(tmp_path / "a.wav").any()


def test_a_file_in_memory_is_read_like_one_on_disk(tmp_path: Path) -> None:
    content = sound.encode(tone(), ".flac")
    (tmp_path / "a.flac").write_bytes(content)
    assert np.array_equal(sound.decode(content), sound.read(tmp_path / "a.flac"))


def test_float_samples_above_one_are_clipped(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone() * 5, SAMPLE_RATE, subtype="FLOAT")
    assert np.abs(sound.read(tmp_path / "a.wav")).max() == 1.0


def test_an_unknown_extension_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BadAudio, match=r"'\.xyz'; use \.wav"):
        sound.write(tmp_path / "a.xyz", tone())
    assert not list(tmp_path.iterdir())


def test_an_hour_is_refused_by_its_header(tmp_path: Path) -> None:
    """The file is sparse: an hour of 48 kHz stereo that takes no room here, and must take none in memory."""
    path = tmp_path / "hour.wav"
    soundfile.write(path, np.zeros((48000, 2), np.int16), 48000)
    header = bytearray(path.read_bytes()[:44])
    num_bytes = 3600 * 48000 * 4
    header[4:8] = (num_bytes + 36).to_bytes(4, "little")
    header[40:44] = num_bytes.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(num_bytes + 44)
    with pytest.raises(BadAudio, match="longer than 600 s"):
        sound.read(path)


@given(st.binary(max_size=400).filter(lambda content: len(content) % 2 == 0))
def test_pcm16_survives_the_journey(content: bytes) -> None:
    assert sound.to_pcm16(sound.from_pcm16(content)) == content


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(BadAudio, match="3 bytes"):
        sound.from_pcm16(b"abc")


def test_louder_than_one_is_clipped_not_wrapped() -> None:
    assert sound.to_pcm16(np.array([2.0, -2.0], np.float32)) == b"\xff\x7f\x00\x80"


@given(st.lists(st.integers(0, 3000), max_size=12), st.sampled_from([8000, 24000, 48000, 16000]))
def test_resampling_in_pieces_equals_resampling_at_once(cuts: list[int], rate: int) -> None:
    samples = tone(0.25, rate)
    stream = Resampler(rate)
    pieces = np.split(samples, sorted(min(cut, len(samples)) for cut in cuts))
    streamed = np.concatenate([*(stream.push(piece) for piece in pieces), stream.finish()])
    whole = sound.resample(samples, rate)
    assert len(streamed) == pytest.approx(len(whole), abs=1)
    shorter = min(len(streamed), len(whole))
    assert np.abs(streamed[:shorter] - whole[:shorter]).max() < 1e-4


@given(st.integers(0, 5 * FRAME_SAMPLES))
def test_frames_hold_everything_and_end_in_silence(num_samples: int) -> None:
    samples = np.ones(num_samples, np.float32)
    frames = list(sound.frames(samples))
    assert all(len(frame) == FRAME_SAMPLES for frame in frames)
    assert len(frames) == -(-num_samples // FRAME_SAMPLES)
    assert sum(frame.sum() for frame in frames) == num_samples
