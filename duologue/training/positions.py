"""A conversation written as positions, with what the network should give at each (docs/positions.md).

`Track` is the finished example: arrays of T positions. `Writer` lays positions down one after another,
exactly as a `Mind` will feed them. Numpy only; knows nothing of how the speech was made.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from duologue.model import patches
from duologue.model.mel import COLUMNS, FRAME_SAMPLES, SILENCE
from duologue.model.tokens import (
    CALL,
    DRAW,
    DRAWN,
    END,
    PAD,
    PATCH,
    QUIET,
    REPLY,
    SOUND,
    TRANSLATE,
    WRITE,
    Vocabulary,
)

IGNORE = -1  # a target that is not trained on
LEAD = 2  # frames by which a word comes before its sound
HEARD_DELAY = 1  # frames from a word's end to its first token
TAGS_DELAY = 4  # frames from the last word's end to the tags: sooner, nobody can know that it was the last
SECONDS_PER_FRAME = FRAME_SAMPLES / 16_000
_SCALE, _SHIFT = np.float32(60.0), SILENCE  # log-mel (about -1.6 to 2.6) in a byte


def pack_mel(mel: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.round((mel - _SHIFT) * _SCALE), 0, 255).astype(np.uint8)


def unpack_mel(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    return packed.astype(np.float32) / _SCALE + _SHIFT


Words = Sequence[tuple[str, float, float]]  # text, start and end in seconds


@dataclass(slots=True)
class Own:
    """The assistant's speech as it was synthesised: what the codec will turn into codes."""

    mel: NDArray[np.uint8]  # (frames, 8, 80)
    words: Words
    voice: int
    manner: str


@dataclass(slots=True)
class Track:
    """One example. `slot[p]` is the own frame (of `own`) whose codes position p gives; -1 = none."""

    kind: NDArray[np.uint8]  # (T,)
    text: NDArray[np.int16]  # (T,) inputs
    heard: NDArray[np.int16]
    text_target: NDArray[np.int16]
    heard_target: NDArray[np.int16]
    turn_target: NDArray[np.int8]
    slot: NDArray[np.int32]
    place: NDArray[np.uint8]  # (T, 2)
    mel: NDArray[np.uint8]  # (SOUND positions, 8, 80)
    own: NDArray[np.uint8]  # (own frames, 8, 80)
    patch: NDArray[np.uint8]  # (PATCH positions, 768)
    drawing: NDArray[np.uint8]  # (drawings, 64, 64, 3)
    voice: int = 0
    task: str = ""

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(slots=True)
class _Reply:
    """What is left of a reply under way."""

    tokens: deque[tuple[int, int]]  # (slot at which it is an input, token)
    first: int  # index of its first frame in `own`
    frames: int
    slot: int = 0


@dataclass(slots=True)
class Writer:
    """Lays down positions. Call the methods in the order of the conversation, then `track`."""

    vocabulary: Vocabulary
    voice: int = 0
    rows: list[tuple[int, int, int, int, int, int, int, int, int]] = field(default_factory=list)
    mel: list[NDArray[np.uint8]] = field(default_factory=list)
    own: list[NDArray[np.uint8]] = field(default_factory=list)
    patch: list[NDArray[np.uint8]] = field(default_factory=list)
    drawing: list[NDArray[np.uint8]] = field(default_factory=list)
    num_own: int = 0
    reply: _Reply | None = None
    last_text: int = PAD
    last_heard: int = PAD

    def frame(self, mel: NDArray[np.uint8], heard: int, turn: int) -> None:
        """One frame of the user's sound (8, 80). A reply under way goes on by one frame."""
        self.mel.append(mel)
        self._lay(SOUND, heard_input=self.last_heard, heard_target=heard, turn=turn)
        self.last_heard = heard

    def read(self, mark: int, text: str) -> None:
        """Typed text, instructions or a tool's result: mark, tokens, <end>."""
        for token in [mark, *self.vocabulary.encode(text), END]:
            self._lay(QUIET, heard_input=token)

    def see(self, picture: NDArray[np.uint8]) -> None:
        pixels, places = patches.patches(picture)
        self.patch.append(np.round(pixels * 255).astype(np.uint8))
        for row, column in places:
            self._lay(PATCH, place=(int(row), int(column)))

    def speak(self, own: Own, heads: Sequence[int] = ()) -> None:
        """Begin a spoken reply, up to its first 80 ms. `heads` replaces <reply> (forced)."""
        tokens = schedule(self.vocabulary, own.words)
        self.voice = own.voice
        frames = max(
            len(own.mel), tokens[-1][0] + 1 if tokens else 0
        )  # the last word may be shorter than its tokens
        self.own.append(np.pad(own.mel, ((0, frames - len(own.mel)), (0, 0), (0, 0))))
        manner = self.vocabulary.id(f"<{own.manner}>")
        # <reply> gives the manner; a forced head such as <translate> <es> is given nothing to choose.
        for head in heads[:-1]:
            self._lay(QUIET, text_input=head)
        self._lay(QUIET, text_input=heads[-1] if heads else REPLY, text_target=manner)
        first = tokens[0][1] if tokens else END
        self._lay(QUIET, text_input=manner, text_target=first)
        self.reply = _Reply(tokens, self.num_own, frames)
        self.num_own += frames
        self._lay(QUIET)

    def finish(self) -> None:
        """Let the reply go on to its end without a clock."""
        while self.reply:
            self._lay(QUIET)

    def stop(self) -> None:
        """The reply is cut here: the next position is told <end>."""
        if self.reply:
            self.reply, self.last_text = None, END

    def write(self, text: str, head: int = WRITE, after: Sequence[int] = ()) -> None:
        """A written reply: a token a position. `after` are tokens given before the text (forced too)."""
        tokens = [*after, *self.vocabulary.encode(text), END]
        given = head
        for at, token in enumerate(tokens):
            self._lay(
                QUIET,
                text_input=given,
                text_target=IGNORE if at < len(after) and head == TRANSLATE else token,
            )
            given = token
        self.last_text = END

    def call(self, text: str, aloud: bool = False) -> None:
        """A tool call in the place of a reply's first word: its JSON, a token a position."""
        self._decide(CALL, aloud)
        self.write(text, CALL)

    def _decide(self, mark: int, aloud: bool) -> None:
        """The head of a reply, which finds that it is a call or a drawing."""
        given = WRITE
        if aloud:
            given = self.vocabulary.id("<neutral>")
            self._lay(QUIET, text_input=REPLY, text_target=given)
        self._lay(QUIET, text_input=given, text_target=mark)

    def draw(self, picture: NDArray[np.uint8], decides: bool = False, aloud: bool = False) -> None:
        """A drawn picture (64, 64, 3): 64 positions, each giving a token. `decides`: not told to draw."""
        if decides:
            self._decide(DRAW, aloud)
        self.drawing.append(picture)
        for at in range(patches.DRAWN_TOKENS):
            self._lay(DRAWN, text_input=DRAW, place=divmod(at, patches.DRAWN_SIDE))
        self.last_text = END

    def _lay(
        self,
        kind: int,
        text_input: int | None = None,
        text_target: int = IGNORE,
        heard_input: int = PAD,
        heard_target: int = IGNORE,
        turn: int = IGNORE,
        place: tuple[int, int] = (0, 0),
    ) -> None:
        slot = -1
        if text_input is None and self.reply is not None:
            text_input, text_target, slot = self._go_on()
        elif text_input is None:
            text_input, self.last_text = self.last_text, PAD
        self.rows.append((kind, text_input, heard_input, text_target, heard_target, turn, slot, *place))

    def _go_on(self) -> tuple[int, int, int]:
        """One slot of the reply: (its input token, the token it gives, the own frame it gives or -1)."""
        reply = self.reply
        assert reply is not None
        now = reply.slot
        given = reply.tokens.popleft()[1] if reply.tokens and reply.tokens[0][0] == now else PAD
        reply.slot += 1
        if now >= reply.frames:
            assert not reply.tokens, "words are left when the sound is over"
            self.reply, self.last_text = None, END
            return given, END, -1
        next_token = reply.tokens[0][1] if reply.tokens and reply.tokens[0][0] == now + 1 else PAD
        return given, next_token, reply.first + now

    def track(self, task: str) -> Track:
        rows = np.array(self.rows, np.int64).reshape(-1, 9)
        empty = np.zeros((0, COLUMNS, 80), np.uint8)
        return Track(
            kind=rows[:, 0].astype(np.uint8),
            text=rows[:, 1].astype(np.int16),
            heard=rows[:, 2].astype(np.int16),
            text_target=rows[:, 3].astype(np.int16),
            heard_target=rows[:, 4].astype(np.int16),
            turn_target=rows[:, 5].astype(np.int8),
            slot=rows[:, 6].astype(np.int32),
            place=rows[:, 7:].astype(np.uint8),
            mel=np.stack(self.mel) if self.mel else empty,
            own=np.concatenate(self.own) if self.own else empty,
            patch=np.concatenate(self.patch) if self.patch else np.zeros((0, patches.PATCH_VALUES), np.uint8),
            drawing=np.stack(self.drawing) if self.drawing else np.zeros((0, 64, 64, 3), np.uint8),
            voice=self.voice,
            task=task,
        )


def schedule(vocabulary: Vocabulary, words: Words) -> deque[tuple[int, int]]:
    """When each token of a reply is an input: LEAD frames before its word's sound, one a frame."""
    tokens: deque[tuple[int, int]] = deque()
    at = -1
    for index, (text, start, _) in enumerate(words):
        begin = max(0, int(start / SECONDS_PER_FRAME) - LEAD) if index else 0
        for token in vocabulary.encode(text if index == 0 else " " + text):
            at = max(at + 1, begin)
            tokens.append((at, token))
    return tokens


def transcript(vocabulary: Vocabulary, words: Words, tags: Sequence[str], frames: int) -> NDArray[np.int16]:
    """The heard stream (frames,) of an utterance: words after their end, then tags, <end>."""
    stream = np.full(frames, PAD, np.int16)
    marks = [*(vocabulary.id(f"<{tag}>") for tag in tags), END]
    due: list[tuple[int, list[int]]] = []
    for index, (text, _, end) in enumerate(words):
        ended = int(end / SECONDS_PER_FRAME)
        due.append((ended + HEARD_DELAY, vocabulary.encode(text if index == 0 else " " + text)))
        if index == len(words) - 1:
            due.append((ended + TAGS_DELAY, marks))
    at = 0
    for frame, tokens in due:
        at = max(at, frame)
        stream[at : at + len(tokens)] = tokens[: max(0, frames - at)]
        at += len(tokens)
    return stream
