"""A small program that says one sentence after another with espeak-ng; `espeak.py` starts it.

espeak-ng keeps hidden state from sentence to sentence (flutter, breath, gain), so each sentence is said by a
fresh fork of the same newly opened library: the same request gives the same samples whatever was said before,
and a crash inside the library costs one sentence. Imports nothing heavy: a fork costs about a millisecond.

Request, one line of JSON: {"text", "voice", "rate", "pitch"}. Answer: eight bytes, the lengths of what
follows (little-endian), JSON {"error"} or {"sample_rate", "events"}, then 16-bit samples.
"""

import ctypes as c
import json
import os
import struct
import sys

SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: synth returns when all is said
OPTIONS = 0x0001 | 0x8000  # phoneme events; do not exit the process on errors
EVENT_WORD, EVENT_PHONEME = 1, 7
UTF8 = 1
RATE, PITCH = 1, 3  # espeak_PARAMETER


class _Id(c.Union):
    _fields_ = [("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8)]


class _Event(c.Structure):
    _fields_ = [
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _Id),
    ]


_Callback = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_Event))


def _say(lib: c.CDLL, sample_rate: int, request: dict[str, str | int]) -> tuple[dict[str, object], bytes]:
    pieces: list[bytes] = []
    events: list[tuple[int, int, int, int, str]] = []

    def collect(samples, count, event):  # type: ignore[no-untyped-def]
        if samples and count > 0:
            pieces.append(c.string_at(samples, 2 * count))
        i = 0
        while event[i].type:
            e = event[i]
            if e.type in (EVENT_WORD, EVENT_PHONEME):
                name = e.id.string.decode("utf-8", "replace") if e.type == EVENT_PHONEME else ""
                events.append((e.type, e.text_position - 1, e.length, e.sample, name))
            i += 1
        return 0

    callback = _Callback(collect)
    lib.espeak_SetSynthCallback(callback)
    if lib.espeak_SetVoiceByName(str(request["voice"]).encode()):
        return {"error": f"espeak-ng has no voice {request['voice']!r}"}, b""
    for parameter, name in ((RATE, "rate"), (PITCH, "pitch")):
        lib.espeak_SetParameter(parameter, int(request[name]), 0)
    text = str(request["text"]).encode()
    if lib.espeak_Synth(text, c.c_size_t(len(text) + 1), 0, 1, 0, UTF8, None, None):
        return {"error": "espeak-ng could not say it"}, b""
    return {"sample_rate": sample_rate, "events": events}, b"".join(pieces)


def _answer(header: dict[str, object], samples: bytes) -> None:
    head = json.dumps(header).encode()
    sys.stdout.buffer.write(struct.pack("<II", len(head), len(samples)) + head + samples)
    sys.stdout.buffer.flush()


def main() -> None:
    try:
        lib = c.CDLL("libespeak-ng.so.1")
    except OSError:
        _answer({"error": "the library libespeak-ng.so.1 is missing"}, b"")
        return
    sample_rate = lib.espeak_Initialize(SYNCHRONOUS, 0, None, OPTIONS)
    if sample_rate <= 0:
        _answer({"error": "espeak-ng found no voice data"}, b"")
        return
    lib.espeak_ListVoices(None)  # so that no fork has to look through the voice files
    c.CDLL(None).srand(1)
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            _answer(*_say(lib, sample_rate, json.loads(line)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            _answer({"error": f"espeak-ng crashed (status {status})"}, b"")


if __name__ == "__main__":
    main()
