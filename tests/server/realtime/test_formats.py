"""The wire's sound: G.711 by its standard, samples cut in two, and what is no base64."""

from __future__ import annotations

import base64
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.server.realtime.formats import Decoder, Encoder, Kind, decode, encode, from_base64
from duologue.server.realtime.refused import Refused

KINDS: list[Kind] = ["audio/pcm", "audio/pcmu", "audio/pcma"]
seconds = np.arange(16000) / 16000
sound = np.asarray(0.3 * np.sin(2 * np.pi * (200 + 1000 * seconds) * seconds), np.float32)  # it rises


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind: Kind) -> None:
    back = decode(kind, encode(kind, sound))
    assert len(back) == len(sound)
    late = int(np.argmax(np.correlate(back, sound[1000:9000], "valid"))) - 1000
    assert 0 <= late < 16000 * 0.008
    assert np.corrcoef(back[1000 + late : 9000 + late], sound[1000:9000])[0, 1] > 0.98  # half a sample late


@pytest.mark.parametrize(
    ("kind", "silence", "loudest"), [("audio/pcmu", b"\xff", b"\x80"), ("audio/pcma", b"\xd5", b"\xaa")]
)
def test_known_bytes_of_g711(kind: Kind, silence: bytes, loudest: bytes) -> None:
    assert encode(kind, np.zeros(1600, np.float32)) == silence * 800
    assert encode(kind, np.ones(1600, np.float32))[400:401] == loudest


@pytest.mark.parametrize("kind", KINDS)
@given(cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_any_chopping_gives_the_same_sound(kind: Kind, cuts: list[int]) -> None:
    content = encode(kind, sound)[:2000]
    decoder, parts = Decoder(kind), [0, *sorted(cuts), len(content)]
    chopped = [decoder.push(content[start:end]) for start, end in pairwise(parts)]
    assert np.allclose(np.concatenate(chopped), decode(kind, content), atol=1e-6)


@pytest.mark.parametrize("speed", [0.25, 1.0, 1.5])
def test_speed_changes_the_length_alone(speed: float) -> None:
    encoder = Encoder("audio/pcm", speed)
    content = b"".join(encoder.push(part) for part in np.split(sound, 10)) + encoder.finish()
    assert len(content) / 2 == pytest.approx(24000 / speed, abs=2)


@pytest.mark.parametrize("text", ["no base64!", "YQ", 7, None, "ä", "A" * (21 << 20)])
def test_what_is_no_sound_is_refused(text: object) -> None:
    with pytest.raises(Refused) as refused:
        from_base64(text, "audio")
    assert refused.value.param == "audio"
    assert from_base64(base64.b64encode(b"ab").decode(), "audio") == b"ab"
