"""A client of the Realtime protocol that does anything: mostly good events, in no order, some of them broken.

Knows OpenAI's wire and the ids that it was told, nothing of the server.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from tests.server.chaos.junk import junk, mutated

Event = dict[str, Any]

RATE = 24_000
_TIME = np.arange(RATE) / RATE
LOUD = (0.2 * np.sin(2 * np.pi * 300 * _TIME) * 32767).astype("<i2").tobytes()
QUIET = bytes(2 * RATE)
TOOL = {"type": "function", "name": "look", "description": "look up", "parameters": {"type": "object"}}


def _picture() -> str:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


PICTURE = _picture()


def append(milliseconds: int, loud: bool) -> Event:
    content = (LOUD if loud else QUIET)[: 2 * RATE * milliseconds // 1000]
    return {"type": "input_audio_buffer.append", "audio": base64.b64encode(content).decode()}


class AnyClient:
    def __init__(self, seed: object) -> None:
        self.rng = Random(f"{seed}")
        self.items: list[str] = ["root"]
        self.responses: list[str] = []
        self.sent: list[str] = []  # event ids
        self._makers: tuple[tuple[int, Callable[[], Event]], ...] = (
            (12, self._append),
            (3, lambda: {"type": "input_audio_buffer.commit"}),
            (1, lambda: {"type": "input_audio_buffer.clear"}),
            (1, lambda: {"type": "output_audio_buffer.clear"}),
            (3, self._update),
            (6, self._create_item),
            (2, self._about_item),
            (2, self._truncate),
            (6, self._respond),
            (3, self._cancel),
        )

    def told(self, event: Event) -> None:
        """Remember the ids of an event that came from the server."""
        item = event.get("item_id") or (event.get("item") or {}).get("id")
        if isinstance(item, str) and item not in self.items[-20:]:
            self.items.append(item)
        if event["type"] == "response.created":
            self.responses.append(event["response"]["id"])

    def next(self) -> Event | str | bytes:
        """An event; one in ten is broken, one in thirty is no event at all."""
        weights = [weight for weight, _ in self._makers]
        ((_, make),) = self.rng.choices(self._makers, weights)
        event = make()
        if self.rng.random() < 0.5:
            event["event_id"] = f"mine_{len(self.sent)}"
            self.sent.append(event["event_id"])
        fate = self.rng.random()
        if fate < 0.1:
            event = mutated(self.rng, event, self.rng.randint(1, 3))
            if not isinstance(event, dict):
                return json.dumps(event)
            if isinstance(event.get("event_id"), str):
                self.sent.append(event["event_id"])
        elif fate < 0.13:
            return self._no_event()
        return event

    def _no_event(self) -> Event | str | bytes:
        text = json.dumps(junk(self.rng))
        choices: list[Event | str | bytes] = [
            text, text[: len(text) // 2], text.encode("utf-8", "replace"), "", "{", "[" * 10_000, b"\xff\xfe",
            {"type": "no.such.event"}, {"type": ""}, {}, {"event_id": None},
        ]  # fmt: skip
        return self.rng.choice(choices)

    def _append(self) -> Event:
        return append(self.rng.choice((10, 20, 80, 100, 400)), self.rng.random() < 0.5)

    def _item(self) -> str:
        return self.rng.choice(self.items[-8:]) if self.rng.random() < 0.9 else "item_none"

    def _update(self) -> Event:
        rng = self.rng
        sessions: list[Event] = [
            {"instructions": rng.choice(("", "be brief"))},
            {"output_modalities": [rng.choice(("audio", "text"))]},
            {"audio": {"input": {"turn_detection": None}}},
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 200}}}},
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}},
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}}},
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}}},
            {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}}},
            {"audio": {"input": {"transcription": rng.choice((None, {"model": "whisper-1"}))}}},
            {"audio": {"input": {"format": {"type": rng.choice(("audio/pcmu", "audio/pcma"))}}}},
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}},
            {"audio": {"output": {"format": {"type": rng.choice(("audio/pcmu", "audio/pcma"))}}}},
            {"audio": {"output": {"speed": rng.choice((0.5, 1.0, 1.5))}}},
            {"audio": {"output": {"voice": rng.choice(("alloy", "marin", "nobody"))}}},
            {"tools": [TOOL], "tool_choice": rng.choice(("auto", "none", "required"))},
            {"tools": []},
            {"tracing": "auto"},
            {"truncation": {"type": "retention_ratio", "retention_ratio": 0.5}},
            {"max_output_tokens": rng.choice((1, 40, "inf"))},
        ]  # fmt: skip
        return {"type": "session.update", "session": {"type": "realtime", **rng.choice(sessions)}}

    def _create_item(self) -> Event:
        sound = base64.b64encode(LOUD[:9600]).decode()
        items: list[Event] = [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": sound}]},
            {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": PICTURE}]},
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "be kind"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I said"}]},
            {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "42"},
        ]  # fmt: skip
        item = self.rng.choice(items)
        event: Event = {"type": "conversation.item.create", "item": item}
        if self.rng.random() < 0.3:
            item["id"] = f"own_{self.rng.randrange(10**9) if self.rng.random() < 0.8 else 1}"
        if self.rng.random() < 0.3:
            event["previous_item_id"] = self._item()
        return event

    def _about_item(self) -> Event:
        return {
            "type": f"conversation.item.{self.rng.choice(('retrieve', 'delete'))}",
            "item_id": self._item(),
        }

    def _truncate(self) -> Event:
        end = self.rng.choice((0, 1, 100, 500, 10**9))
        return {
            "type": "conversation.item.truncate",
            "item_id": self._item(),
            "content_index": 0,
            "audio_end_ms": end,
        }

    def _respond(self) -> Event:
        wishes: list[Event | None] = [
            None, {}, {"conversation": "none"}, {"conversation": "none", "output_modalities": ["text"]},
            {"output_modalities": ["text"]}, {"metadata": {"client_event_id": "x"}},
            {"conversation": "none", "input": [{"type": "item_reference", "id": self._item()}]},
            {"input": []}, {"max_output_tokens": 2}, {"tools": [TOOL], "tool_choice": "required"},
            {"instructions": "whisper"}, {"audio": {"output": {"voice": "cedar"}}},
        ]  # fmt: skip
        wish = self.rng.choice(wishes)
        return {"type": "response.create"} if wish is None else {"type": "response.create", "response": wish}

    def _cancel(self) -> Event:
        if self.rng.random() < 0.6 or not self.responses:
            return {"type": "response.cancel"}
        return {"type": "response.cancel", "response_id": self.rng.choice(self.responses[-4:])}
