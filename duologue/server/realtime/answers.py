"""The assistant's side: responses, from the wish for one to its one end.

At most one response at a time belongs to the conversation; out-of-band ones stand beside it.
"""

from __future__ import annotations

from duologue.engine import ReplyDone, ReplyOptions, Said, Usage
from duologue.errors import DuologueError, TooMany
from duologue.server.realtime import wishes
from duologue.server.realtime.cuts import Cuts
from duologue.server.realtime.ears import Ears
from duologue.server.realtime.fields import Json, RealtimeSession, ResponseWish, response_of
from duologue.server.realtime.formats import Encoder
from duologue.server.realtime.items import Item, parse
from duologue.server.realtime.orders import Aside, Instruct, Memory, Reply, Stop
from duologue.server.realtime.refused import Refused
from duologue.server.realtime.responses import Cause, Response, Status, shown_usage
from duologue.server.realtime.shared import Shared
from duologue.server.stretch import Stretcher

MOST_ASIDES = 16  # out-of-band responses at once

_PLAIN = ResponseWish()


class Answers:
    def __init__(self, shared: Shared, ears: Ears) -> None:
        self._shared = shared
        self._ears = ears
        self._past = ears.past
        self.cuts = Cuts(shared, ears.past)
        self.active: Response | None = None  # of the conversation
        self.has_spoken = False  # the voice stays
        self.has_answered = False
        self._asides: dict[str, Response] = {}
        self._typed = False  # words came since the active response began
        self._excused = False  # a truncate ended the newest: a cancel that follows is no mistake
        self._billed = Usage()  # of the session, by responses that are over

    # Beginning

    def create(self, given: object) -> None:
        """`response.create`. Raises Refused, BadInput or BadText."""
        if given is not None and not isinstance(given, dict):
            raise Refused("Invalid value for 'response': send an object.", "invalid_type", "response")
        session = self._session()
        wish = response_of(given)
        memories = self._input(wish)
        options = self._options(wish)
        if wish.conversation == "auto":
            self._make_room()
            self._past.refresh()
        elif len(self._asides) >= MOST_ASIDES:
            raise Refused(f"{MOST_ASIDES} out-of-band responses are under way; wait for one to end.")
        is_live = memories is None and self._is_live(options, session)
        response = self._begin(wish, options, is_live, is_apart=memories is not None)
        if response is None:
            return
        instructions = session.instructions if wish.instructions is None else wish.instructions
        if memories is not None:
            if response is self.active:
                self._past.hold()
            self._shared.order(Aside(response.id, options, instructions, memories))
            return
        if wish.instructions is not None or wish.tools is not None:
            self._past.instruct(Instruct(instructions, options.tools))
        self._past.hold()
        self._shared.order(Reply(response.id, options, is_live))

    def typed(self) -> None:
        """Words came that no voice said."""
        self._typed = True

    def _session(self) -> RealtimeSession:
        session = self._shared.session
        if not isinstance(session, RealtimeSession):
            raise Refused("A transcription session does not answer; open one of type realtime.")
        return session

    def _input(self, wish: ResponseWish) -> tuple[Memory, ...] | None:
        """What an out-of-band response, or one with an input of its own, is to know."""
        if wish.input is None:
            return self._past.all(self._shared.conversation.items) if wish.conversation == "none" else None
        return self._past.all([self._item(given, at) for at, given in enumerate(wish.input)])

    def _item(self, given: Json, at: int) -> Item:
        if given.get("type") != "item_reference":
            return parse(given, self._ears.decode, f"response.input[{at}]")
        item = self._shared.conversation.find(given.get("id"))
        if item is None:
            where = f"response.input[{at}].id"
            raise Refused(f"Item with id {given.get('id')!r} not found.", "item_not_found", where)
        return item

    def _make_room(self) -> None:
        """Words typed while the assistant speaks interrupt it, once an answer to them is asked for."""
        if self.active is None:
            return
        if not self._typed:
            raise Refused(
                f"Conversation already has an active response in progress: {self.active.id}. "
                "Wait until the response is finished before creating a new one.",
                "conversation_already_has_active_response",
            )
        self.interrupt(self.active, "client_cancelled")

    def _is_live(self, options: ReplyOptions, session: RealtimeSession) -> bool:
        """Whether frames of sound carry the reply: they come, and somebody listens for interruptions."""
        listens = wishes.policy(session).kind != "manual"
        return self._shared.flows and listens and options.sound and session.audio.output.speed <= 1.0

    def _options(self, wish: ResponseWish) -> ReplyOptions:
        session = self._session()
        voice = wish.audio.output.voice_name or session.audio.output.voice_name
        return wishes.options(session, wish, self._shared.house.voice_of(voice), self._shared.house.defaults)

    @property
    def live_options(self) -> ReplyOptions:
        """How replies are to be that the engine begins by itself."""
        is_realtime = isinstance(self._shared.session, RealtimeSession)
        return self._options(_PLAIN) if is_realtime else self._shared.house.defaults

    def _begin(
        self, wish: ResponseWish, options: ReplyOptions, is_live: bool, is_apart: bool = False
    ) -> Response | None:
        """None: the caller has used up what it may ask for, and the response has failed."""
        shared, session = self._shared, self._session()
        output, asked = session.audio.output, wish.audio.output
        is_aside = wish.conversation == "none"
        response = Response(
            outbox=shared.outbox,
            conversation=None if is_aside else shared.conversation,
            encoder=Encoder((asked.format or output.format).type, output.speed),
            player=Stretcher(output.speed) if shared.house.plays else None,
            options=options,
            voice=asked.voice_name or output.voice_name or options.voice or "",
            speed=output.speed,
            max_tokens=wish.max_output_tokens or session.max_output_tokens,
            metadata=None if wish.metadata is None else dict(wish.metadata),
            is_live=is_live,
            is_apart=is_apart,
        )
        if is_aside:
            self._asides[response.id] = response
        else:
            self.active, self._typed, self._excused = response, False, False
        response.begin()
        try:
            shared.house.quota.request()
        except TooMany as error:
            self.failed(response.id, error)
            return None
        self._tell_limits(reserved=options.max_tokens)
        return response

    # While the engine answers

    def begins(self, response_id: str, usage: Usage) -> bool:
        """An ordered reply is about to begin; `usage` is the session's before it. False: it is over."""
        response = self._find(response_id)
        if response is not None and response is self.active:
            self._billed = usage
        return response is not None

    def started(self, reply_id: int, response_id: str | None) -> None:
        """A reply began: one that was ordered, or the engine's own."""
        if response_id is not None:
            response = self._find(response_id)
            if response is not None and response is self.active:
                response.reply_id = reply_id
                self.cuts.began(response)
            return
        stop = Stop(None, reply_id, 0)
        if (
            self.active is not None
            or self._ears.unwanted
            or not isinstance(self._shared.session, RealtimeSession)
        ):
            self._ears.unwanted = False
            self._shared.order(stop)
            return
        response = self._begin(_PLAIN, self.live_options, is_live=True)
        if response is None:
            self._shared.order(stop)
            return
        self._past.hold()
        if response.speed > 1.0 and response.options.sound:
            # Carried by frames it would come more slowly than it is to be played.
            response.is_live = False
            self._shared.order(stop)
            self._shared.order(Reply(response.id, response.options, is_live=False))
        else:
            response.reply_id = reply_id
            self.cuts.began(response)

    def said(self, said: Said, response_id: str | None) -> None:
        response = self._whose(said.id, response_id)
        if response is None:
            return
        if said.text or said.sound is not None:
            self.has_spoken = self.has_spoken or said.sound is not None
            response.say(said.text, said.sound)
            self.cuts.know(response)
        if said.call is not None:
            response.call(said.call)

    def done(self, done: ReplyDone, response_id: str | None) -> None:
        response = self._whose(done.id, response_id)
        if response is None:
            return
        if done.reason == "interrupted":
            self.interrupt(response, "turn_detected", has_stopped=True)
        elif done.reason == "cancelled":
            self._end(response, "cancelled", "client_cancelled", response.said)
        elif done.truncated:
            self._end(response, "incomplete", "max_output_tokens", response.said)
        else:
            self._end(response, "completed", None, response.said)

    def failed(self, response_id: str, error: DuologueError) -> None:
        """It could not be answered."""
        response = self._find(response_id)
        if response is not None:
            told: Json = {"type": error.type, "code": error.code, "message": error.message}
            self._end(response, "failed", None, response.said, told)

    def spent(self, usage: Usage, response_id: str | None) -> None:
        """What the session of an out-of-band response, or of the conversation, has used until now."""
        response = self._find(response_id) if response_id else None
        if response is not None and response.is_apart:
            response.usage = usage
        elif response_id is None:
            self._shared.usage = usage

    def _whose(self, reply_id: int, response_id: str | None) -> Response | None:
        """None: a reply that nobody is to hear any more."""
        if response_id is not None:
            return self._find(response_id)
        active = self.active
        return active if active is not None and active.reply_id == reply_id else None

    def _find(self, response_id: str) -> Response | None:
        if self.active is not None and self.active.id == response_id:
            return self.active
        return self._asides.get(response_id)

    # Ending

    def cancel(self, response_id: object) -> None:
        """`response.cancel`. Raises Refused."""
        if response_id is None:
            response = self.active
        else:
            response = self._find(response_id) if isinstance(response_id, str) else None
        if response is not None:
            self.interrupt(response, "client_cancelled")
        elif not self._excused:
            raise Refused("Cancellation failed: no active response found", "response_cancel_not_active")
        self._excused = False

    def truncate(self, event: Json) -> None:
        """`conversation.item.truncate`; it ends a response under way. Raises Refused."""
        cut = self.cuts.truncate(event.get("item_id"), event.get("content_index"), event.get("audio_end_ms"))
        if cut is not None:
            self._shared.order(Stop(cut.id, cut.reply_id, cut.remembered))
            self._end(cut, "cancelled", "client_cancelled", cut.words_until(cut.remembered))
            self._excused = True

    def spoken_over(self) -> None:
        """The user took the floor."""
        if not wishes.interrupts(self._shared.session):
            return
        active = self.active
        if active is None:
            self.cuts.spoken_over()
        elif not active.is_live:  # a live one is stopped by the engine, which knows "mm-hm" from "stop"
            self.interrupt(active, "turn_detected")

    def talked_over(self) -> None:
        """Somebody is loud while a reply is made as fast as possible, and the engine has no ear for it."""
        active = self.active
        if active is not None and not active.is_live and wishes.interrupts(self._shared.session):
            self.interrupt(active, "turn_detected")

    def interrupt(self, response: Response, cause: Cause, has_stopped: bool = False) -> None:
        """Nothing more of it leaves; what was heard of it stays."""
        heard = self.cuts.silence(response)
        if not has_stopped or heard < response.given:
            self._shared.order(
                Stop(response.id, response.reply_id, heard if response.options.sound else None)
            )
        response.remembered = heard
        self._end(response, "cancelled", cause, response.words_until(heard))

    def _end(
        self, response: Response, status: Status, cause: Cause | None, heard: str, error: Json | None = None
    ) -> None:
        if not response.is_apart:
            response.usage = self._shared.usage - self._billed
            self._billed = self._shared.usage
        response.end(status, cause, error, heard)
        tokens = shown_usage(response.usage)["total_tokens"]
        self._shared.house.quota.use(tokens)
        self._asides.pop(response.id, None)
        if response is self.active:
            self.active, self.has_answered = None, True
            if response.is_apart and response.conversation is not None:
                self._past.edit()  # what was said beside the conversation's mind belongs to it now
            self._past.trim()
            if isinstance(self._shared.session, RealtimeSession):
                self._past.instruct()
            self._past.release()
        self._tell_limits()

    def _tell_limits(self, reserved: int = 0) -> None:
        limits = self._shared.house.quota.state()
        for limit in limits:
            if limit["name"] == "tokens":
                limit["remaining"] = max(0, limit["remaining"] - reserved)
        self._shared.send("rate_limits.updated", rate_limits=limits)
