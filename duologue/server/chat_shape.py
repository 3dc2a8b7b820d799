"""Completions and their chunks as the wire has them, built up from the pieces of the replies. No I/O."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from duologue import __version__, picture
from duologue.engine import Piece, Pixels, Token, Usage
from duologue.server import encode
from duologue.server.asking import Finish
from duologue.server.ids import new_id
from duologue.sound import Resampler, Samples, to_pcm16

Json = dict[str, Any]

SPOKEN_SECONDS = 3600  # for so long can what was said be named by its id in later requests
DRAWN = "drawn by the assistant"  # the name of a picture in a message's text, for Chat has no other place
FINISHED: dict[Finish, str] = {"stop": "stop", "length": "length", "calls": "tool_calls"}


@dataclass(slots=True)
class Choice:
    """One of the answers, as far as it has come."""

    index: int
    speaks: bool
    note: str  # who made it: written into sounds and pictures
    expires_at: int = 0
    audio_id: str = field(default_factory=lambda: new_id("audio"))
    text: str = ""
    calls: list[Json] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    sound: list[Samples] = field(default_factory=list)
    finish: Finish = "stop"
    _stream: Resampler = field(default_factory=lambda: Resampler(16000, encode.RATE))

    def opening(self) -> Json:
        delta: Json = {"role": "assistant", "content": None if self.speaks else "", "refusal": None}
        return delta | ({"audio": {"id": self.audio_id, "transcript": ""}} if self.speaks else {})

    def add(self, piece: Piece) -> list[Json]:
        """Take in a piece; the deltas that tell it."""
        deltas: list[Json] = []
        text = piece.text
        if piece.image is not None:
            text += f"![{DRAWN}]({_data_uri(piece.image, self.note)})"
        if text:
            self.text += text
            spoken = {"audio": {"id": self.audio_id, "transcript": text}}
            deltas.append(spoken if self.speaks else {"content": text})
        if piece.sound is not None:
            self.sound.append(piece.sound)
            deltas += self._heard(to_pcm16(self._stream.push(piece.sound)))
        if piece.call is not None:
            deltas += self._called(piece)
        self.tokens += piece.tokens
        return deltas

    def closing(self) -> list[Json]:
        if not self.speaks or not self.sound:
            return []
        rest = self._heard(to_pcm16(self._stream.finish()))
        return [*rest, {"audio": {"id": self.audio_id, "expires_at": self.expires_at}}]

    def _heard(self, content: bytes) -> list[Json]:
        data = base64.b64encode(content).decode()
        return [{"audio": {"id": self.audio_id, "data": data}}] if content else []

    def _called(self, piece: Piece) -> list[Json]:
        assert piece.call is not None
        function = {"name": piece.call.name, "arguments": piece.call.arguments}
        call: Json = {"id": new_id("call"), "type": "function", "function": function}
        self.calls.append(call)
        index = len(self.calls) - 1
        begun = {"index": index, **call, "function": {"name": piece.call.name, "arguments": ""}}
        return [
            {"tool_calls": [begun]},
            {"tool_calls": [{"index": index, "function": {"arguments": piece.call.arguments}}]},
        ]

    def message(self, format: str = "pcm16") -> Json:
        content = self.text or (None if self.calls else "")
        message: Json = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
        if self.calls:
            message["tool_calls"] = self.calls
        if self.speaks and self.sound:
            spoken = encode.encode(np.concatenate(self.sound), format, note=self.note)
            message["content"] = None
            message["audio"] = {
                "id": self.audio_id,
                "data": base64.b64encode(spoken).decode(),
                "transcript": self.text,
                "expires_at": self.expires_at,
            }
        return message


def _data_uri(pixels: Pixels, note: str) -> str:
    return "data:image/png;base64," + base64.b64encode(picture.encode(pixels, note=note)).decode()


def logprobs(tokens: list[Token] | tuple[Token, ...]) -> Json:
    told = [
        _logprob(token.text, token.logprob)
        | {"top_logprobs": [_logprob(text, logprob) for text, logprob in token.likeliest]}
        for token in tokens
    ]
    return {"content": told, "refusal": None}


def _logprob(text: str, logprob: float) -> Json:
    return {"token": text, "logprob": max(-9999.0, logprob), "bytes": list(text.encode())}


def usage(used: Usage) -> Json:
    prompt, completion = used.text_in + used.audio_in + used.image_in, used.text_out + used.audio_out
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {
            "cached_tokens": used.cached_text + used.cached_audio + used.cached_image,
            "audio_tokens": used.audio_in,
            "text_tokens": used.text_in,
            "image_tokens": used.image_in,
        },
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": used.audio_out,
            "text_tokens": used.text_out,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def fingerprint(model: str) -> str:
    """Changes when the same seed may give another answer."""
    return f"fp_{hashlib.sha256(f'{model} {__version__}'.encode()).hexdigest()[:10]}"
