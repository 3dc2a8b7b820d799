"""Sound formats: what is decoded again is as long and as loud, whole or streamed, and says who made it."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import wave

import numpy as np
import pytest
import soundfile

from duologue.errors import BadInput
from duologue.server.encode import FORMATS, MEDIA_TYPES, RATE, Encoder, encode, made_by
from duologue.sound import SAMPLE_RATE, Samples, from_pcm16

NOTE = made_by("omni-nano")
STREAMED = [name for name in FORMATS if name != "flac"]
# A coder's own delay and its last window, in seconds.
SLACK = {"mp3": 0.12, "aac": 0.1}


def tone(seconds: float = 1.5) -> Samples:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(0.3 * np.sin(2 * np.pi * 220 * time), np.float32)


def streamed(samples: Samples, format: str, chop: int = 1280) -> list[bytes]:
    encoder = Encoder(format, note=NOTE)
    parts = [encoder.push(samples[start : start + chop]) for start in range(0, len(samples), chop)]
    return [*parts, encoder.finish()]


def decoded(content: bytes, format: str) -> tuple[Samples, int, str]:
    """Samples, rate and note."""
    if format.startswith("pcm"):
        return from_pcm16(content), RATE, ""
    if format == "aac":
        return decoded_aac(content), RATE, ""
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        return file.read(dtype="float32"), file.samplerate, file.comment


def decoded_aac(content: bytes) -> Samples:
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(content)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


@pytest.fixture(autouse=True)
def only_what_is_installed(request: pytest.FixtureRequest) -> None:
    if "format" in request.fixturenames and request.getfixturevalue("format") == "aac":
        pytest.importorskip("av")


@pytest.mark.parametrize("format", FORMATS)
def test_whole_sound_comes_back(format: str) -> None:
    samples, rate, _ = decoded(encode(tone(), format, note=NOTE), format)
    assert rate == RATE
    assert len(samples) / rate == pytest.approx(1.5, abs=SLACK["aac"] if format == "aac" else 0.001)
    assert loudness(samples) == pytest.approx(loudness(tone()), rel=0.08)


@pytest.mark.parametrize("format", FORMATS)
def test_streamed_sound_comes_back(format: str) -> None:
    samples, rate, _ = decoded(b"".join(streamed(tone(), format)), format)
    assert len(samples) / rate == pytest.approx(1.5, abs=SLACK.get(format, 0.001))
    assert loudness(samples) == pytest.approx(loudness(tone()), rel=0.1)


@pytest.mark.parametrize("format", STREAMED)
def test_bytes_come_before_the_end(format: str) -> None:
    parts = streamed(tone(4.0), format)
    assert any(parts[:3]) and sum(bool(part) for part in parts) > 3


def test_flac_comes_when_it_is_whole_and_knows_its_length() -> None:
    *parts, last = streamed(tone(), "flac")
    assert not any(parts)
    assert soundfile.info(io.BytesIO(last)).frames == 1.5 * RATE


@pytest.mark.parametrize("format", ["wav", "pcm"])
def test_any_chopping_gives_the_same_bytes(format: str) -> None:
    assert b"".join(streamed(tone(), format, 1280)) == b"".join(streamed(tone(), format, 777))


@pytest.mark.parametrize("format", ["wav", "mp3", "opus", "flac"])
def test_the_file_says_who_made_it(format: str) -> None:
    assert decoded(encode(tone(), format, note=NOTE), format)[2] == NOTE
    assert decoded(b"".join(streamed(tone(), format)), format)[2] == NOTE


def test_a_whole_wav_has_an_exact_head_and_a_streamed_one_an_open_end() -> None:
    with wave.open(io.BytesIO(encode(tone(), "wav", note=NOTE))) as file:
        assert file.getparams()[:4] == (1, 2, RATE, round(1.5 * RATE))
    stream = b"".join(streamed(tone(), "wav"))
    assert struct.unpack("<4sI", stream[:8]) == (b"RIFF", 0xFFFFFFFF)
    with wave.open(io.BytesIO(stream)) as file:
        assert len(file.readframes(10 * RATE)) == 2 * round(1.5 * RATE)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("length", [0, 1, 1280])
def test_next_to_no_sound(format: str, length: int) -> None:
    samples = decoded(encode(tone()[:length], format, note=NOTE), format)[0]
    if format in ("wav", "pcm"):
        assert len(samples) == pytest.approx(1.5 * length, abs=1)


def test_louder_than_loudest_is_clipped() -> None:
    samples, _, _ = decoded(encode(5 * tone(), "wav"), "wav")
    assert np.abs(samples).max() <= 1.0


def test_other_rates() -> None:
    assert soundfile.info(io.BytesIO(encode(tone(), "wav", rate=SAMPLE_RATE))).samplerate == SAMPLE_RATE


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(BadInput, match="wav, mp3"):
        encode(tone(), "wma")


def test_every_format_has_a_media_type() -> None:
    assert all("/" in MEDIA_TYPES[format] for format in FORMATS)


def test_without_pyav_the_error_names_what_to_install() -> None:
    """In a process of its own, where importing it fails."""
    program = (
        "import sys, numpy as np; sys.modules['av'] = None\n"
        "from duologue.errors import ExtraMissing\n"
        "from duologue.server.encode import encode\n"
        "try: encode(np.zeros(100, np.float32), 'aac')\n"
        "except ExtraMissing as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "duologue[webrtc]" in done.stdout
