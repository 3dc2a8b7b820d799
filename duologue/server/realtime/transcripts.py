"""What the network understood of the user's speech, told item by item: as it comes, and once when complete.

The network gives one stream of words; which item they belong to is told by when items begin and end.
"""

from __future__ import annotations

from dataclasses import dataclass

from duologue.server.realtime import wishes
from duologue.server.realtime.fields import Json, Transcription
from duologue.server.realtime.items import Item
from duologue.server.realtime.shared import Shared
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE

PATIENCE = 2 * SAMPLE_RATE  # samples after the end of speech in which its last words may come
LONG_PATIENCE = 30 * SAMPLE_RATE  # ... after a recording came that may have to wait for a reply to end
TAIL = 8 * FRAME_SAMPLES  # so long into an utterance, words may still be of the one before
LANGUAGES = ("en", "es", "fr", "de", "it")


@dataclass(slots=True, eq=False)
class _Utterance:
    item_id: str
    began: int
    text: str = ""
    language: str | None = None
    is_complete: bool = False
    item: Item | None = None  # once it was committed
    ended: int = 0
    frames: int = 0
    patience: int = 0  # samples after its end in which its last words may come


class Transcripts:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._open: list[_Utterance] = []  # the oldest first
        self._early = ""  # heard before there was an utterance: nobody's turn, or before a commit
        self._is_early_complete = False
        self.completed_at = 0  # how much of the client's sound had been heard at the last complete utterance

    @property
    def is_waiting(self) -> bool:
        """Whether words may come of an utterance that is over."""
        return any(each.item is not None for each in self._open)

    def begin(self, item_id: str) -> None:
        utterance = _Utterance(item_id, self._shared.now)
        self._open.append(utterance)
        if self._early:
            self._add(utterance, self._early)
            utterance.is_complete = self._is_early_complete
        self.forget_early()

    def forget_early(self) -> None:
        self._early, self._is_early_complete = "", False

    def heard(self, text: str, tags: tuple[str, ...], complete: bool) -> None:
        utterance = self._whose()
        self.completed_at = self._shared.heard if complete else self.completed_at
        if utterance is None:
            self._hear_early(text, complete)
            return
        utterance.language = next((tag for tag in tags if tag in LANGUAGES), utterance.language)
        self._add(utterance, text)
        utterance.is_complete = complete or (utterance.is_complete and not text)
        if complete and utterance.item is not None:
            self._finish(utterance)

    def _hear_early(self, text: str, complete: bool) -> None:
        """Where the client ends turns, one may hold several utterances; else nobody had the floor."""
        apart = " " if self._is_early_complete and text else ""
        self._early += apart + text
        self._is_early_complete = complete or (self._is_early_complete and not text)
        if complete and wishes.policy(self._shared.session).kind != "manual":
            self.forget_early()

    def commit(self, item: Item, num_samples: int, is_whole: bool = True, patience: int = PATIENCE) -> None:
        """The utterance is over, and an item. Its last words may still come, surely if it is not whole."""
        utterance = next((each for each in self._open if each.item_id == item.id), None)
        if utterance is None:
            self.begin(item.id)
            utterance = self._open[-1]
        utterance.item, utterance.ended = item, self._shared.now
        utterance.patience = patience
        utterance.frames = -(-num_samples // FRAME_SAMPLES)
        if utterance.is_complete and is_whole:
            self._finish(utterance)

    def drop(self, item_id: str) -> None:
        self._open = [each for each in self._open if each.item_id != item_id]

    def settled(self, item_id: str) -> None:
        """Nothing more will come for this item."""
        for each in [each for each in self._open if each.item_id == item_id and each.item is not None]:
            self._finish(each)

    def passed(self) -> None:
        """Time went by."""
        now = self._shared.now
        for each in [each for each in self._open if each.item is not None]:
            if now - each.ended >= each.patience:
                self._finish(each)

    def _whose(self) -> _Utterance | None:
        if not self._open:
            return None
        first, newest = self._open[0], self._open[-1]
        if first is newest or first.item is None or self._shared.now - newest.began < TAIL:
            return first
        return newest

    def _add(self, utterance: _Utterance, text: str) -> None:
        text = text if utterance.text else text.lstrip()
        utterance.text += text
        if text and self._wanted is not None:
            self._tell("delta", utterance, delta=text)

    def _finish(self, utterance: _Utterance) -> None:
        self._open.remove(utterance)
        assert utterance.item is not None
        wanted = self._wanted
        text = utterance.text.strip()
        for part in utterance.item.content:
            if part.type == "input_audio" and not part.transcript and (wanted is not None or text):
                part.transcript = text
        if wanted is not None:
            fields: Json = {"transcript": text, "usage": self._usage(utterance, wanted)}
            if utterance.language:
                fields["languages"] = [{"code": utterance.language}]
            self._tell("completed", utterance, **fields)

    def _tell(self, what: str, utterance: _Utterance, **fields: object) -> None:
        name = f"conversation.item.input_audio_transcription.{what}"
        self._shared.send(name, item_id=utterance.item_id, content_index=0, **fields)

    def _usage(self, utterance: _Utterance, wanted: Transcription) -> Json:
        """Whisper's is by duration, as OpenAI's; all others count tokens."""
        if wanted.model == "whisper-1":
            return {"type": "duration", "seconds": round(utterance.frames * FRAME_SAMPLES / SAMPLE_RATE, 2)}
        words = self._shared.house.count(utterance.text) if utterance.text else 0
        return {
            "type": "tokens",
            "input_tokens": utterance.frames,
            "output_tokens": words,
            "total_tokens": utterance.frames + words,
            "input_token_details": {"audio_tokens": utterance.frames, "text_tokens": 0},
        }

    @property
    def _wanted(self) -> Transcription | None:
        return self._shared.session.audio.input.transcription
