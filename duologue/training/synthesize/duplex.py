"""Live conversations on two channels: who speaks when, and what the network should do in each frame.

A timeline is counted in frames of 80 ms. The user's channel is one sound with everything in it; the
assistant's replies are laid on it. Labels follow from the plan alone, never from listening.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from duologue.model.mel import COLUMNS, FRAME_SAMPLES, log_mel
from duologue.model.tokens import ASSISTANT, INSTRUCT, NOBODY, PAD, USER, YIELD, Vocabulary
from duologue.training.positions import IGNORE, Own, Track, Writer, pack_mel, transcript

EVIDENCE = 2  # frames of silence after which the turn is known to have ended
UNKNOWN = 64  # frames after an utterance that nobody answers in which the turn is anybody's guess
ONSET = 2  # frames of an interruption after which it is known to be one

Sound = NDArray[np.float32]
Words = Sequence[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance on the user's channel. `tags` are its language and manner."""

    samples: Sound
    words: Words
    tags: tuple[str, str]


@dataclass(slots=True)
class _Reply:
    begin: int  # the deciding frame: the first sound comes right after it
    own: Own
    sound: Sound
    cut: int | None = None  # the last frame it goes on in, when interrupted

    @property
    def last(self) -> int:
        """The frame in which it says <end>, or is cut."""
        return self.begin + len(self.own.mel) if self.cut is None else self.cut


@dataclass(slots=True)
class Timeline:
    """The plan of a live conversation. Call its methods in the order of time, then `track`."""

    rng: Generator
    vocabulary: Vocabulary
    now: int = 0  # frames planned so far
    heard: list[tuple[int, Heard]] = field(default_factory=list)  # at sample
    noises: list[tuple[int, Sound, str]] = field(default_factory=list)  # at sample, with the tag to hear
    replies: list[_Reply] = field(default_factory=list)
    turns: dict[int, int] = field(default_factory=dict)  # label by frame; NOBODY where none is

    def wait(self, frames: int) -> None:
        self.now += frames

    def listen(self, utterance: Heard, answered: bool = True) -> int:
        """The user speaks now. Returns the last frame with speech."""
        begin = self.now
        at = begin * FRAME_SAMPLES + int(self.rng.integers(FRAME_SAMPLES))
        self.heard.append((at, utterance))
        end = (at + len(utterance.samples)) // FRAME_SAMPLES
        self._label(begin + 1, end + EVIDENCE, USER)
        if not answered:  # whether an answer was due is not known
            self._label(end + EVIDENCE, end + UNKNOWN, IGNORE)
        self.now = end + 1
        return end

    def reply(self, own: Own, sound: Sound, late: int = 0) -> None:
        """The assistant answers what was just said, `late` frames after the turn's end could be known."""
        known = self.now - 1 + EVIDENCE
        begin = known + late
        reply = _Reply(begin, own, sound)
        self.replies.append(reply)
        self._label(known, reply.last + 1, ASSISTANT)
        self.now = reply.last + 1

    def interrupt(self, utterance: Heard, at: int) -> None:
        """The user speaks over the last reply from frame `at`; it is cut and the user has the floor."""
        reply = self.replies[-1]
        assert reply.begin < at < reply.last, f"{at=} is outside the reply {reply.begin}..{reply.last}"
        reply.cut = at + ONSET + int(self.rng.integers(3))
        self.turns = {frame: label for frame, label in self.turns.items() if frame <= reply.cut}
        self.now = at
        end = self.listen(utterance)
        self._label(at, at + ONSET, ASSISTANT)
        self._label(at + ONSET, reply.cut + 1, YIELD)
        self.now = max(end, reply.cut) + 1

    def murmur(self, utterance: Heard, at: int) -> None:
        """A backchannel over the last reply: it is heard, and the reply goes on."""
        self.heard.append((at * FRAME_SAMPLES, utterance))
        self.now = max(self.now, at + len(utterance.samples) // FRAME_SAMPLES + 2)

    def noise(self, samples: Sound, at: int, tag: str = "") -> None:
        """Something that is nobody's turn: a sound event, a television, a cough."""
        self.noises.append((at * FRAME_SAMPLES, samples, tag))

    def _label(self, begin: int, end: int, label: int) -> None:
        self.turns.update(dict.fromkeys(range(begin, end), label))

    def channel(self, echo: float = 0.0) -> Sound:
        """The user's channel as a clean sound; `echo` is the gain of the assistant's own voice in it."""
        sound = np.zeros((self.now + 1) * FRAME_SAMPLES, np.float32)
        pieces = [(at, utterance.samples) for at, utterance in self.heard]
        pieces += [(at, samples) for at, samples, _ in self.noises]
        delay = int(self.rng.integers(200, 2400))  # 12 to 150 ms of loudspeaker and room
        if echo:
            pieces += [
                ((r.begin + 1) * FRAME_SAMPLES + delay, r.sound[: (r.last - r.begin) * FRAME_SAMPLES] * echo)
                for r in self.replies
            ]
        for at, samples in pieces:
            part = samples[: max(0, len(sound) - at)]
            sound[at : at + len(part)] += part
        return sound[: self.now * FRAME_SAMPLES]

    def _transcript(self) -> NDArray[np.int16]:
        stream = np.full(self.now + 64, PAD, np.int16)
        for at, utterance in sorted(self.heard, key=lambda pair: pair[0]):
            frame, rest = divmod(at, FRAME_SAMPLES)
            late = rest / 16_000
            words = [(text, start + late, end + late) for text, start, end in utterance.words]
            piece = transcript(self.vocabulary, words, utterance.tags, len(stream) - frame)
            free = stream[frame:]
            free[piece != PAD] = piece[piece != PAD]
        for at, samples, tag in self.noises:
            frame = (at + min(len(samples), 8000)) // FRAME_SAMPLES + 1  # named after half a second
            if tag and frame < self.now and stream[frame] == PAD:
                stream[frame] = self.vocabulary.id(f"<{tag}>")
        return stream[: self.now]

    def expect(self) -> None:
        """Wait until an answer to what was just said is due, that comes in another way than by `reply`."""
        known = self.now - 1 + EVIDENCE
        self._label(known, known + 1, ASSISTANT)
        self.now = known + 1

    def track(self, sound: Sound, voice: int, task: str, instructions: str = "") -> Track:
        """Lay everything down. `sound` is the channel after its effects, of the same length."""
        mel = pack_mel(log_mel(sound)).reshape(-1, COLUMNS, 80)
        heard = self._transcript()
        writer = Writer(self.vocabulary, voice)
        if instructions:
            writer.read(INSTRUCT, instructions)
        begins = {reply.begin: reply for reply in self.replies}
        cuts = {reply.cut for reply in self.replies if reply.cut is not None}
        for frame in range(self.now):
            writer.frame(mel[frame], int(heard[frame]), self.turns.get(frame, NOBODY))
            if frame in cuts:
                writer.stop()
            if frame in begins:
                writer.speak(begins[frame].own)
        writer.finish()
        return writer.track(task)
