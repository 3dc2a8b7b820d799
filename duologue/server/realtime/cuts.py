"""How much of a reply the user heard, and making the mind remember no more than that.

The estimate is of what was sent against time that passed; a client's own `truncate` corrects it.
"""

from __future__ import annotations

from collections import OrderedDict

from duologue.server.realtime.input_buffer import ms
from duologue.server.realtime.orders import Stop
from duologue.server.realtime.past import Past
from duologue.server.realtime.refused import Refused
from duologue.server.realtime.responses import Response
from duologue.server.realtime.shared import Shared
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE

SLACK = 2 * FRAME_SAMPLES  # samples given out and not heard yet that are not worth rewinding for
MOST_KNOWN = 64  # responses that a truncate can still cut


class Cuts:
    def __init__(self, shared: Shared, past: Past) -> None:
        self._shared = shared
        self._past = past
        self._newest: Response | None = None  # the last one that the engine began in this conversation
        self._num_recalls = 0  # when it began: after another one its mind cannot be rewound
        self._known: OrderedDict[str, Response] = OrderedDict()  # by the id of their message

    def began(self, response: Response) -> None:
        self._newest, self._num_recalls = response, self._past.num_recalls

    def know(self, response: Response) -> None:
        """It has said something."""
        message = response.message
        if message is not None and message.id not in self._known:
            self._known[message.id] = response
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    def response_of(self, item_id: object) -> Response | None:
        return self._known.get(item_id) if isinstance(item_id, str) else None

    def heard(self, response: Response) -> int:
        """Samples of it that were heard, as the engine gave them out."""
        played = self._shared.playback.played(response.id, self._shared.now)
        heard = min(response.given, round(played * response.speed))
        return response.given if response.given - heard <= SLACK or not response.options.sound else heard

    def silence(self, response: Response) -> int:
        """From now on nothing of it is to be heard; returns what was."""
        heard = self.heard(response)
        self._shared.outbox.drop(response.id)
        self._shared.playback.stop(self._shared.now)
        if self._shared.house.plays:
            self._shared.send("output_audio_buffer.cleared", response_id=response.id)
        return heard

    def spoken_over(self) -> None:
        """The user speaks while a reply that was made completely is still being played."""
        response = self._newest
        if response is None or not self._shared.playback.remaining(self._shared.now) > SLACK:
            return
        heard = self.silence(response)
        self._remember(response, heard)
        if self._shared.house.plays and response.message is not None:
            self._tell(response.message.id, self._sent_ms(response, heard))

    def truncate(self, item_id: object, content_index: object, audio_end_ms: object) -> Response | None:
        """Returns a response that was still under way, and is to end now. Raises Refused."""
        item = self._shared.conversation.find(item_id)
        if item is None:
            raise Refused(
                f"Error truncating item: the item with id {item_id!r} does not exist.",
                "item_truncate_invalid_item_id",
                "item_id",
            )
        if item.type != "message" or item.role != "assistant":
            raise Refused("Only messages of the assistant can be truncated.", "invalid_value", "item_id")
        if isinstance(audio_end_ms, bool) or not isinstance(audio_end_ms, int | float):
            raise Refused("Invalid value for 'audio_end_ms': send a number.", "invalid_type", "audio_end_ms")
        if content_index not in (0, None):
            raise Refused("Invalid value for 'content_index': send 0.", "invalid_value", "content_index")
        response = self.response_of(item.id)
        if response is None or not response.options.sound:
            self._tell(item.id, 0)
            return None
        end = int(max(0.0, min(audio_end_ms, self._sent_ms(response, response.given))))
        samples = min(response.given, round(end * SAMPLE_RATE / 1000 * response.speed))
        if response.given - samples <= FRAME_SAMPLES:
            samples = response.given  # a client's own clock is no better than that
        self._shared.outbox.drop(response.id)
        if self._shared.playback.played(response.id, self._shared.now) < response.given:
            self._shared.playback.stop(self._shared.now)
        self._remember(response, samples)
        self._tell(item.id, end)
        return None if response.is_over else response

    def _remember(self, response: Response, samples: int) -> None:
        """The words and the mind are cut to what was heard, or, when it was more than thought, grow again."""
        words = response.words_until(samples)
        before, response.remembered = response.remembered, samples
        if response.message is not None and response.message.content:
            was, response.message.content[0].transcript = response.message.content[0].transcript, words
        else:
            was = None
        can_rewind = response is self._newest and self._num_recalls == self._past.num_recalls
        if samples < before and can_rewind:
            self._shared.order(Stop(response.id, response.reply_id, samples))
        elif samples != before and words != was:
            self._past.edit()

    def _sent_ms(self, response: Response, samples: int) -> int:
        return ms(round(samples / response.speed))

    def _tell(self, item_id: str, end: int) -> None:
        self._shared.send("conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=end)
