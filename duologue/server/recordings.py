"""Uploaded recordings of any usual kind as our samples, frame by frame; a long one never lies in memory.

WAV, FLAC, OGG (Vorbis, Opus) and MP3 through libsndfile; WebM, MP4 and M4A through PyAV, where it is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from itertools import chain
from typing import Any, BinaryIO

import numpy as np

from duologue import sound
from duologue.errors import BadAudio, ExtraMissing
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples

# What a file of each kind begins with -> the one demuxer that may read it: no playlists, no references.
_WEBM, _MP4, _ADTS = b"\x1aE\xdf\xa3", b"ftyp", (b"\xff\xf1", b"\xff\xf9")


async def frames(file: BinaryIO, max_seconds: float) -> AsyncGenerator[Samples, None]:
    """Frames of (1280,); what is left over at the end is filled up with silence. Raises BadAudio.

    Decoding blocks, so it runs in a thread, some seconds at a time.
    """
    blocks, rest = _blocks(file, max_seconds), np.zeros(0, np.float32)
    num_samples = 0
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        num_samples += len(block)
        whole = np.concatenate([rest, block])
        end = len(whole) // FRAME_SAMPLES * FRAME_SAMPLES
        for frame in whole[:end].reshape(-1, FRAME_SAMPLES):
            yield frame
        rest = whole[end:]
    if num_samples < FRAME_SAMPLES:
        got_ms = num_samples / SAMPLE_RATE * 1000
        raise BadAudio(f"the file holds {got_ms:.3g} ms of sound; send at least {sound.FRAME_MS} ms", "file")
    if len(rest):
        yield np.pad(rest, (0, FRAME_SAMPLES - len(rest)))


def _blocks(file: BinaryIO, max_seconds: float) -> Iterator[Samples]:
    file.seek(0)
    head = file.read(12)
    file.seek(0)
    if not head:
        raise BadAudio("the file is empty; send a recording", "file")
    try:
        demuxer = _demuxer(head)
        yield from (
            _through_av(file, demuxer, max_seconds)
            if demuxer
            else sound.stream(file, "the file", max_seconds)
        )
    except BadAudio as error:
        error.param = "file"
        raise


def _demuxer(head: bytes) -> str | None:
    if head.startswith(_WEBM):
        return "matroska"
    if head[4:8] == _MP4:
        return "mov"
    return "aac" if head.startswith(_ADTS) else None


def _through_av(file: BinaryIO, demuxer: str, max_seconds: float) -> Iterator[Samples]:
    try:
        import av
        from av.error import FFmpegError
    except ImportError:
        raise ExtraMissing(
            "WebM, MP4, M4A and AAC need PyAV: pip install 'duologue[webrtc]', or send WAV, FLAC, OGG or MP3",
            "file",
        ) from None
    num_samples = 0
    try:
        with av.open(file, "r", format=demuxer) as container:
            if not container.streams.audio:
                raise BadAudio("the file holds no sound; send a recording")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
            for frame in chain(container.decode(audio=0), [None]):
                samples = _samples(resampler.resample(frame))
                num_samples += len(samples)
                if num_samples > max_seconds * SAMPLE_RATE:
                    raise sound.too_long("the file", max_seconds)
                yield samples
    except (FFmpegError, ValueError):
        raise BadAudio("the file is damaged or not sound; send WAV, FLAC, OGG, MP3, WebM or MP4") from None


def _samples(frames: list[Any]) -> Samples:  # av.AudioFrame, whose package may be missing
    parts = [np.asarray(frame.to_ndarray(), np.float32).reshape(-1) for frame in frames]
    samples: Samples = np.nan_to_num(np.concatenate([np.zeros(0, np.float32), *parts]))
    return np.clip(samples, -1.0, 1.0, out=samples)
