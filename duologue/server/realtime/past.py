"""What the network is to know: each item once, in order, and all anew when the past was edited.

While a reply is under way nothing is taken in: it waits until the reply is over.
"""

from __future__ import annotations

from duologue.server.realtime import wishes
from duologue.server.realtime.fields import RealtimeSession, Retention
from duologue.server.realtime.input_buffer import InputBuffer
from duologue.server.realtime.items import Item
from duologue.server.realtime.orders import Instruct, Memory, Recall, Settle, Spoken
from duologue.server.realtime.shared import Shared
from duologue.sound import FRAME_SAMPLES


class Past:
    def __init__(self, shared: Shared, hearing: InputBuffer) -> None:
        self._shared = shared
        self._hearing = hearing
        self._waiting: list[Memory | Settle] = []
        self._instruct: Instruct | None = None
        self._told = Instruct("", ())  # the instructions in force
        self._was_edited = False
        self._is_held = False
        self._forgotten: set[str] = set()  # items that the client's limit has pushed out
        self.num_recalls = 0

    def add(self, item: Item) -> None:
        """A new item at the end."""
        self._waiting += item.memories()
        self._flush()

    def settle(self, item_id: str) -> None:
        self._waiting.append(Settle(item_id))
        self._flush()

    def edit(self) -> None:
        """The past is not what it was: items were deleted, inserted or cut."""
        self._was_edited = True

    def instruct(self, told: Instruct | None = None) -> None:
        """Instructions from here on; without, those of the session."""
        session = self._shared.session
        assert isinstance(session, RealtimeSession)
        self._instruct = told or Instruct(session.instructions, wishes.tools(session.tools))
        self._flush()

    def hold(self) -> None:
        """A reply begins. What should be known before it has been ordered."""
        self._is_held = True

    def release(self) -> None:
        self._is_held = False
        self._flush()

    def refresh(self) -> None:
        """Call before anything is heard or answered."""
        if self._was_edited and not self._is_held:
            self._flush()
            self._was_edited = False
            self.num_recalls += 1
            settling = [each for each in self._waiting if isinstance(each, Settle)]
            self._waiting = []
            memories = self.all(self._shared.conversation.items)
            rest = self._hearing.cut(self._hearing.committed, self._hearing.position)
            if len(rest):
                memories = (*memories, Spoken(rest))
            self._shared.order(Recall(memories))
            self._shared.orders.extend(settling)

    def all(self, items: list[Item]) -> tuple[Memory, ...]:
        """Everything that is to be known of these items."""
        known = (item for item in items if item.status != "in_progress" and item.id not in self._forgotten)
        return tuple(memory for item in known for memory in item.memories())

    def trim(self) -> None:
        """Forget the oldest items where the client set a limit that the conversation has outgrown."""
        session = self._shared.session
        truncation = session.truncation if isinstance(session, RealtimeSession) else None
        if not isinstance(truncation, Retention) or truncation.token_limits is None:
            return
        limit = truncation.token_limits.post_instructions
        items = [item for item in self._shared.conversation.items if item.id not in self._forgotten]
        tokens = [self._tokens(item) for item in items]
        if limit is None or sum(tokens) <= limit:
            return
        while items and sum(tokens) > truncation.retention_ratio * limit:
            self._forgotten.add(items.pop(0).id)
            tokens.pop(0)
        self.edit()

    def _tokens(self, item: Item) -> int:
        frames = sum(len(part.samples) for part in item.content if part.samples is not None) // FRAME_SAMPLES
        words = [part.text or part.transcript or "" for part in item.content if part.samples is None]
        words += [item.name, item.arguments, item.output]
        return frames + sum(self._shared.house.count(text) for text in words if text)

    def _flush(self) -> None:
        if self._is_held:
            return
        if self._instruct is not None and self._instruct != self._told:
            self._told = self._instruct
            self._shared.order(self._instruct)
        self._instruct = None
        if not self._was_edited:
            self._shared.orders.extend(self._waiting)
            self._waiting = []
