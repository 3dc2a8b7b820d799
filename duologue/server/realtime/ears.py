"""The user's side: the input audio buffer, who speaks when, and the items that come of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from duologue.engine import ReplyOptions
from duologue.server.ids import new_id
from duologue.server.realtime import wishes
from duologue.server.realtime.formats import Decoder, decode, from_base64
from duologue.server.realtime.input_buffer import InputBuffer, ms
from duologue.server.realtime.items import Content, Item
from duologue.server.realtime.orders import Behave, Hear
from duologue.server.realtime.past import Past
from duologue.server.realtime.refused import Refused
from duologue.server.realtime.shared import Shared
from duologue.server.realtime.transcripts import Transcripts
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE, Samples

LEAST_COMMITTED = SAMPLE_RATE // 10  # samples, 100 ms: OpenAI's bound
OPEN_TURN = SAMPLE_RATE  # samples' worth of nothing sent in mid-turn, before silence is heard in its place
MOST_SILENCE = 10 * SAMPLE_RATE  # samples of such silence, while nobody answers
AUDIBLE = 0.002  # root mean square, -54 dB: quieter than that nobody speaks


@dataclass(frozen=True, slots=True)
class _Speech:
    item_id: str
    start: int  # position in the client's sound


class Ears:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.hearing = InputBuffer()
        self.past = Past(shared, self.hearing)
        self.transcripts = Transcripts(shared)
        self.unwanted = False  # the turn that is ending was cleared or committed by the client: no answer
        self._decoder = Decoder(shared.session.audio.input.format.type)
        self._speech: _Speech | None = None  # under way
        self._doubted: int | None = None  # from here on, says the network, somebody speaks: not audibly yet
        self._silence = 0  # samples heard in place of nothing

    @property
    def is_speaking(self) -> bool:
        return self._speech is not None

    def append(self, audio: object) -> Samples:
        """Raises Refused. Returns what came in."""
        kind = self._shared.session.audio.input.format.type
        if kind != self._decoder.kind:
            self._decoder = Decoder(kind)
        samples = self._decoder.push(from_base64(audio, "audio"))
        self.hear(samples)
        return samples

    def hear(self, samples: Samples) -> None:
        """What came in, by an event or by the track of a call."""
        self._shared.flows, self._silence = True, 0
        self.past.refresh()
        if len(samples):
            self.hearing.hear(samples)
            self._shared.order(Hear(samples))

    def decode(self, content: bytes) -> Samples:
        """A recording that comes inside an item, in the session's format."""
        return decode(self._shared.session.audio.input.format.type, content)

    def commit(self) -> None:
        """Raises Refused."""
        if self.hearing.num_uncommitted < LEAST_COMMITTED:
            got = self.hearing.num_uncommitted / SAMPLE_RATE * 1000
            raise Refused(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {got:.2f}ms of audio.",
                "input_audio_buffer_commit_empty",
            )
        speech, self._speech = self._speech, None
        self.unwanted = speech is not None
        item_id = speech.item_id if speech else new_id("item")
        end = self.hearing.position
        is_whole = not _is_audible(self.hearing.cut(self.transcripts.completed_at, end))
        self._commit(item_id, self.hearing.take(self.hearing.committed, end), is_whole)
        is_manual = wishes.policy(self._shared.session).kind == "manual"
        if self.transcripts.is_waiting and (is_manual or not self._shared.flows):
            self.past.settle(item_id)

    def clear(self) -> None:
        speech, self._speech = self._speech, None
        self.unwanted = self.unwanted or speech is not None
        if speech is not None:
            self.transcripts.drop(speech.item_id)
        self.transcripts.forget_early()
        samples = self.hearing.take(self.hearing.committed, self.hearing.position)
        if _is_audible(samples):
            self.past.edit()
        self._shared.send("input_audio_buffer.cleared")

    def began(self, at: int) -> bool:
        """The network believes that somebody speaks. It may dream: that is not told before it is audible."""
        if self._speech is not None:
            return False
        self._doubted = min(at, self._shared.heard)
        return self.listen(since=self._doubted - 2 * FRAME_SAMPLES)

    def listen(self, since: int = 0) -> bool:
        """More was heard. Whether it is sure only now that somebody speaks."""
        at, now = self._doubted, self._shared.heard
        if at is None:
            return False
        if _is_audible(self.hearing.cut(since or at, now)):
            self._doubted = None
            self._begin(at)
            return True
        self._doubted = max(at, now - FRAME_SAMPLES)
        return False

    def _begin(self, at: int) -> None:
        prefix = wishes.prefix_ms(self._shared.session) * SAMPLE_RATE // 1000
        start = max(self.hearing.committed, at - prefix)
        self._speech, self.unwanted = _Speech(new_id("item"), start), False
        self._shared.send(
            "input_audio_buffer.speech_started", audio_start_ms=ms(start), item_id=self._speech.item_id
        )
        self.transcripts.begin(self._speech.item_id)

    def ended(self) -> None:
        """The user's turn is over; what was said becomes an item."""
        speech, self._speech, self._doubted = self._speech, None, None
        if speech is None:
            return
        end = self._shared.heard
        self._shared.send("input_audio_buffer.speech_stopped", audio_end_ms=ms(end), item_id=speech.item_id)
        self._commit(speech.item_id, self.hearing.take(speech.start, end))

    def behave(self, options: ReplyOptions) -> None:
        """Tell the engine how turns go now. A turn under way in a mode that is gone is no turn."""
        policy = wishes.policy(self._shared.session)
        if policy.kind == "manual" and self._speech is not None:
            self.transcripts.drop(self._speech.item_id)
            self._speech, self.unwanted = None, True
        self._shared.order(Behave(policy, options))

    def timeout(self, since: int) -> None:
        """The user has said nothing for as long as the client finds surprising."""
        item_id = new_id("item")
        end = self._shared.heard
        start = max(self.hearing.committed, end - (self._shared.now - since))
        self._shared.send(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=ms(start),
            audio_end_ms=ms(end),
            item_id=item_id,
        )
        self._commit(item_id, self.hearing.take(start, end))

    def passed(self, num_samples: int, is_replying: bool) -> None:
        """The client sent nothing for so long. Replies, turns and transcripts need frames to end."""
        self._shared.flows = False
        self._shared.idle += num_samples
        if not is_replying:
            self._silence += num_samples
        waits = self._speech is not None and self._silence >= OPEN_TURN
        bounded = self._silence < MOST_SILENCE
        if is_replying or (bounded and (waits or self.transcripts.is_waiting)):
            self._shared.order(Hear(np.zeros(num_samples, np.float32), is_own=False))

    def _commit(self, item_id: str, samples: Samples, is_whole: bool = True) -> None:
        item = Item(item_id, "message", role="user", content=[Content("input_audio", samples=samples)])
        previous = self._shared.conversation.put(item)
        send = self._shared.send
        send("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        send("conversation.item.added", previous_item_id=previous, item=item.shown())
        send("conversation.item.done", previous_item_id=previous, item=item.shown())
        self.transcripts.commit(item, len(samples), is_whole)


def _is_audible(samples: Samples) -> bool:
    """Whether any frame of it is."""
    if not len(samples):
        return False
    frames = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
    return float(np.mean(frames**2, axis=1).max()) > AUDIBLE**2
