"""Responses that are being made: each in a task of its own, so that it goes on without whoever asked.

What is made in the foreground ends with its caller; what is made in the background can be polled, followed
from any event, and cancelled. Stored, it survives a restart; what a restart cut off is told as failed.
"""

from __future__ import annotations

import asyncio
import json
import time
from asyncio import to_thread
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from duologue.engine import Pixels, Usage
from duologue.errors import Busy, DuologueError, NotFound, TookTooLong
from duologue.server.access import Caller
from duologue.server.asking import Asking, Question
from duologue.server.conversations import Conversations
from duologue.server.kept import Kept, Shelf
from duologue.server.response_events import Telling, usage
from duologue.server.state import ServerState
from duologue.server.tape import MOST_SECONDS, Tape

RESPONSES = Shelf("responses")
LEASES = Shelf("making")  # whose record is renewed while a process makes that response in the background
LEASE_S = 20.0
RENEW_S = 1.0  # and so long does it take until a response is cancelled that another process makes
MOST_WAITING = 256  # responses in the background at once, of all callers together
MAKING = ("queued", "in_progress")
CUT_OFF = "the server stopped before this response was complete; ask again"
TOO_LONG = f"this takes longer than {MOST_SECONDS:g} s; ask for less at once"

Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class Run:
    """One response in the making."""

    owner: str
    telling: Telling
    input: list[Json]
    encode: Callable[[Pixels], bytes]  # a drawing to its file; it blocks
    tape: Tape[Json] = field(init=False)

    @property
    def id(self) -> str:
        return str(self.telling.response["id"])


class Runs:
    """All of an app's. Close it before the engine."""

    def __init__(self, shared: ServerState, renew_s: float = RENEW_S) -> None:
        self._shared = shared
        self._renew_s = renew_s
        self._background: dict[str, Run] = {}
        self._is_closing = False
        # Half of the conversations stay free for those who wait for an answer.
        self._room = asyncio.Semaphore(max(1, shared.engine.max_sessions // 2))

    def begin(self, run: Run, question: Question, caller: Caller, is_stored: bool) -> Run:
        """In the foreground: ends when its tape is stopped."""
        run.tape = Tape(self._made(run, question, caller, is_stored))
        return run

    async def begin_in_background(self, run: Run, question: Question, caller: Caller) -> Run:
        """Raises Busy when too many wait already."""
        if len(self._background) >= MOST_WAITING:
            raise Busy(f"{MOST_WAITING} responses are being made in the background; try again later")
        queued = run.telling.queued()
        await self._renew(run)
        await self._store(run, [])
        self._background[run.id] = run
        run.tape = Tape(self._made_later(run, queued, question, caller), most_seconds=None)
        return run

    def find(self, owner: str, id: str) -> Run | None:
        """One in the background that is not over yet."""
        run = self._background.get(id)
        return run if run is not None and run.owner == owner else None

    async def cancel(self, run: Run) -> Json:
        await run.tape.stop()
        if run.id in self._background:  # it had not even started
            run.telling.cancelled()
            await self._finish(run, [])
        return run.telling.response

    async def close(self) -> None:
        """What is not complete stays stored as it is, and is told as cut off after the restart."""
        self._is_closing = True
        for run in list(self._background.values()):
            await run.tape.stop()
            await self._give_up(run)

    async def _made_later(
        self, run: Run, queued: list[Json], question: Question, caller: Caller
    ) -> AsyncGenerator[Json, None]:
        events: list[Json] = []
        holding = asyncio.create_task(self._hold(run))
        try:
            for event in queued:
                events.append(event)
                yield event
            async with self._room, asyncio.timeout(MOST_SECONDS):
                for event in run.telling.begun():
                    events.append(event)
                    yield event
                async with aclosing(self._made(run, question, caller, False)) as made:
                    async for event in made:
                        events.append(event)
                        yield event
        except (DuologueError, TimeoutError) as error:
            told = TookTooLong(TOO_LONG) if isinstance(error, TimeoutError) else error
            for event in run.telling.failed(told):
                events.append(event)
                yield event
        finally:
            holding.cancel()
            if not self._is_closing:
                if run.telling.response["status"] in MAKING:
                    run.telling.cancelled()
                await asyncio.shield(self._finish(run, events))

    async def _finish(self, run: Run, events: list[Json]) -> None:
        try:
            with suppress(NotFound):  # it was deleted meanwhile
                await self._shared.kept.get(run.owner, RESPONSES, run.id)
                await self._store(run, events)
        finally:
            self._background.pop(run.id, None)
            await self._give_up(run)

    async def _hold(self, run: Run) -> None:
        """Renew the lease, until another process has cancelled or deleted the response."""
        with suppress(NotFound):
            while (await self._shared.kept.get(run.owner, RESPONSES, run.id))["status"] in MAKING:
                await self._renew(run)
                await asyncio.sleep(self._renew_s)
        run.tape.cancel()

    async def _renew(self, run: Run) -> None:
        lease = {"until": time.time() + LEASE_S}
        await self._shared.kept.put(run.owner, LEASES, run.id, lease)

    async def _give_up(self, run: Run) -> None:
        with suppress(NotFound):
            await self._shared.kept.delete(run.owner, LEASES, run.id)

    async def _made(
        self, run: Run, question: Question, caller: Caller, is_stored: bool
    ) -> AsyncGenerator[Json, None]:
        """The first event comes with the first piece: until then, what goes wrong is raised."""
        asking, end = Asking(self._shared.engine, question), "cancelled"
        is_first = run.id not in self._background  # there the beginning was told already
        with self._shared.underway.answer():
            try:
                async with aclosing(asking.pieces()) as pieces:
                    async for piece in pieces:
                        drawn = b"" if piece.image is None else await to_thread(run.encode, piece.image)
                        begun = run.telling.begun() if is_first else []
                        for event in [*begun, *run.telling.piece(piece, drawn)]:
                            yield event
                        is_first = False
                end = "completed"
            except DuologueError as error:
                end = "failed"
                if is_first or run.id in self._background:  # whoever reads this tells it
                    raise
                for event in run.telling.failed(error):
                    yield event
            finally:
                self._count(caller, asking.usage, end)
            if end == "completed":
                ended = run.telling.ended(asking.finish, asking.usage, int(time.time()))
                await self._remember(run)
                if is_stored:  # before it is told, so that the next request can build on it
                    await self._store(run, [])
                for event in ended:
                    yield event

    def _count(self, caller: Caller, used: Usage, end: str) -> None:
        told = usage(used)
        self._shared.limits.use(caller, told["total_tokens"])
        self._shared.metrics.used(told["input_tokens"], told["output_tokens"])
        self._shared.metrics.replied(end)

    async def _remember(self, run: Run) -> None:
        """Add what was asked and answered to the conversation that the response belongs to."""
        conversation = run.telling.response.get("conversation")
        if conversation is not None:
            said = [*run.input, *run.telling.response["output"]]
            with suppress(NotFound):  # it was deleted meanwhile
                await Conversations(self._shared.kept, run.owner).add(conversation["id"], said)

    async def _store(self, run: Run, events: list[Json]) -> None:
        content = json.dumps({"input": run.input, "events": events}).encode()
        await self._shared.kept.put(run.owner, RESPONSES, run.id, run.telling.response, content)


class Stored:
    """Responses that are kept. A caller sees only their own."""

    def __init__(self, kept: Kept, owner: str) -> None:
        self._kept = kept
        self._owner = owner

    async def response(self, id: str) -> Json:
        """Raises NotFound."""
        response = await self._kept.get(self._owner, RESPONSES, id)
        if response["status"] in MAKING and not await self._is_being_made(id):
            response |= {"status": "failed", "error": {"code": "server_error", "message": CUT_OFF}}
        return response

    async def cancel(self, id: str) -> Json:
        """One that another process may be making, which will notice. Raises NotFound."""
        response = await self.response(id)
        if response["status"] in MAKING:
            content = await self._kept.content(self._owner, RESPONSES, id)
            response["status"] = "cancelled"
            await self._kept.put(self._owner, RESPONSES, id, response, content)
        return response

    async def _is_being_made(self, id: str) -> bool:
        try:
            lease = await self._kept.get(self._owner, LEASES, id)
        except NotFound:
            return False
        return bool(lease["until"] > time.time())

    async def input(self, id: str) -> list[Json]:
        """The items that it was asked with, without those of the responses before it. Raises NotFound."""
        found: list[Json] = json.loads(await self._kept.content(self._owner, RESPONSES, id))["input"]
        return found

    async def events(self, id: str) -> list[Json]:
        """Those of a response made in the background; else none. Raises NotFound."""
        found: list[Json] = json.loads(await self._kept.content(self._owner, RESPONSES, id))["events"]
        return found

    async def delete(self, id: str) -> None:
        """Raises NotFound."""
        await self._kept.delete(self._owner, RESPONSES, id)

    async def chain(self, id: str | None) -> list[Json]:
        """Everything asked and answered up to this response, the oldest first. Raises NotFound."""
        links: list[list[Json]] = []
        while id is not None:
            response = await self.response(id)
            links.append([*await self.input(id), *response["output"]])
            id = response["previous_response_id"]
        return [item for link in reversed(links) for item in link]

    async def output_item(self, id: str) -> Json:
        """An item of any response, the newest first. Raises NotFound."""
        for response in reversed(await self._kept.list(self._owner, RESPONSES)):
            for item in response["output"]:
                if item["id"] == id:
                    found: Json = item
                    return found
        raise NotFound("an item_reference names no item that is stored; send the item itself", "input")
