"""Whose turn it is: one pure decision for each frame of 80 ms.

Two judges can tell whether the user speaks, has finished or interrupts: the network's own turn head, which
knows hesitations and "mm-hm" by their meaning, and the voice activity, which knows loud from quiet. The head
judges where there is one and the policy allows it. The activity always keeps watch over it, so that a
head that never says "answer now" delays an answer but cannot withhold it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

FRAME_MS = 80

BEGIN_FRAMES = 2  # of speech before the user has the floor: one may be a cough or a door
STOP_FRAMES = 2  # of interruption that the head is sure about
STOP_LOUD_FRAMES = 3  # of loudness that stop a reply when no head tells "mm-hm" from "stop"
CALM_FRAMES = 2  # without overlap before a ducked reply is loud again
DISMISS_FRAMES = 10  # in which the head is sure that what was heard is not for us
DUCK_AT = 0.3  # P(the user wants the floor) that makes the reply quieter
YIELD_AT = 0.5  # ... and that, confirmed, stops it
DISMISS_AT = 0.8
SURE_AT = 0.9  # P(answer now) that needs no second frame


class Floor(Enum):
    """Whose turn it is to speak."""

    NOBODY, USER, ASSISTANT = range(3)


class Decision(Enum):
    LISTEN = "listen"
    ANSWER = "answer"  # begin a reply now
    GO_ON = "go on"  # with the reply, at its full loudness
    DUCK = "duck"  # go on, but quieter: somebody speaks
    STOP = "stop"  # the user took the floor


Kind = Literal["own", "server_vad", "semantic_vad", "manual"]
Eagerness = Literal["low", "medium", "high", "auto"]


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """own: the network's head decides. semantic_vad: so does it, by `eagerness`. server_vad: silence decides.
    manual: nobody does, the caller asks for replies and stops them."""

    kind: Kind = "own"
    eagerness: Eagerness = "auto"  # semantic_vad
    threshold: float = 0.5  # P(speech) from which a frame counts as speech
    silence_ms: int = 500  # server_vad: the silence that ends a turn
    max_wait_ms: int = 4000  # own: after this much silence a turn has ended, whatever the head says
    answers: bool = True  # False: note the end of a turn, but leave the reply to the caller
    yields: bool = True  # False: an interruption does not stop a reply
    max_reply_ms: int = 60_000  # the session ends a longer live reply


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What is known of one frame. `turn` is P(nobody, user, assistant, user interrupts), if the mind says."""

    speech: float  # P(the user makes speech in this frame), from voice activity
    turn: tuple[float, float, float, float] | None = None
    replying: bool = False  # the assistant is in the midst of a reply


@dataclass(frozen=True, slots=True)
class TurnState:
    """Everything a decision depends on besides the frame. Counts are of consecutive frames."""

    floor: Floor = Floor.NOBODY
    user_frames: int = 0  # in which the judge says that the user speaks or holds the floor
    silent_frames: int = 0  # without voice activity
    calm_frames: int = 0  # in which nothing speaks against the reply
    finished_frames: int = 0  # in which the head says: answer now
    dismissed_frames: int = 0  # in which the head says: this is not for us
    yield_frames: int = 0  # in which the head says: stop; a contrary frame takes one back
    was_loud: bool = False  # since the user took the floor; a head that dreams of speech gets no answer
    ducked: bool = False


@dataclass(frozen=True, slots=True)
class _Patience:
    """How soon a turn counts as ended."""

    likely: float  # P(answer now) that counts
    frames: int  # and how many such frames it takes
    silence_ms: int  # when there is no head: the silence that ends a turn
    max_wait_ms: int


_EAGERNESS: dict[Eagerness, _Patience] = {  # the longest waits are those OpenAI names for its semantic_vad
    "low": _Patience(likely=0.8, frames=3, silence_ms=1200, max_wait_ms=8000),
    "medium": _Patience(likely=0.6, frames=2, silence_ms=800, max_wait_ms=4000),
    "auto": _Patience(likely=0.6, frames=2, silence_ms=800, max_wait_ms=4000),
    "high": _Patience(likely=0.5, frames=1, silence_ms=400, max_wait_ms=2000),
}


def _patience(policy: TurnPolicy) -> _Patience:
    if policy.kind == "semantic_vad":
        return _EAGERNESS[policy.eagerness]
    return _Patience(0.5, 2, policy.silence_ms, policy.max_wait_ms)


def step(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> tuple[TurnState, Decision]:
    """Decide what to do after one frame. Pure: same input, same answer, no clock."""
    if policy.kind == "server_vad":
        facts = replace(facts, turn=None)
    state = _count(_with_reply(state, facts.replying), facts, policy)
    if policy.kind == "manual":
        return state, Decision.GO_ON if facts.replying else Decision.LISTEN
    if facts.replying:
        return _while_replying(state, facts, policy)
    return _while_listening(state, facts, policy)


def _with_reply(state: TurnState, replying: bool) -> TurnState:
    """The assistant has the floor exactly while it replies."""
    if replying and state.floor is not Floor.ASSISTANT:
        return replace(state, floor=Floor.ASSISTANT, finished_frames=0, yield_frames=0)
    if not replying and state.floor is Floor.ASSISTANT:
        return replace(state, floor=Floor.NOBODY, yield_frames=0, ducked=False)
    return state


def _count(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> TurnState:
    loud = facts.speech >= policy.threshold
    nobody, user, assistant, interrupts = facts.turn or (0.0, float(loud), 0.0, 0.0)
    wants_floor = user + interrupts
    return replace(
        state,
        user_frames=state.user_frames + 1 if wants_floor >= YIELD_AT else 0,
        silent_frames=0 if loud else state.silent_frames + 1,
        was_loud=state.was_loud or loud,
        calm_frames=state.calm_frames + 1 if wants_floor < DUCK_AT else 0,
        finished_frames=state.finished_frames + 1 if assistant >= _patience(policy).likely else 0,
        dismissed_frames=state.dismissed_frames + 1 if nobody >= DISMISS_AT else 0,
        yield_frames=state.yield_frames + 1 if wants_floor >= YIELD_AT else max(0, state.yield_frames - 1),
    )


def _while_listening(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> tuple[TurnState, Decision]:
    if state.floor is Floor.NOBODY and state.user_frames >= BEGIN_FRAMES:
        state = _user_begins(state)
    if state.floor is Floor.NOBODY:
        return state, Decision.LISTEN
    if _has_finished(state, facts, policy):
        floor = Floor.ASSISTANT if policy.answers else Floor.NOBODY
        state = replace(state, floor=floor, finished_frames=0, user_frames=0, yield_frames=0)
        return state, Decision.ANSWER if policy.answers else Decision.LISTEN
    if state.dismissed_frames >= DISMISS_FRAMES:
        return replace(state, floor=Floor.NOBODY), Decision.LISTEN
    return state, Decision.LISTEN


def _user_begins(state: TurnState) -> TurnState:
    was_loud = state.silent_frames < state.user_frames
    return replace(state, floor=Floor.USER, was_loud=was_loud, finished_frames=0, dismissed_frames=0)


def _has_finished(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> bool:
    patience = _patience(policy)
    silence_ms = state.silent_frames * FRAME_MS
    if facts.turn is None:
        return silence_ms >= patience.silence_ms
    is_sure = state.finished_frames > 0 and facts.turn[2] >= SURE_AT and policy.kind == "own"
    return (
        is_sure
        or state.finished_frames >= patience.frames
        or (state.was_loud and silence_ms >= patience.max_wait_ms)
    )


def _while_replying(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> tuple[TurnState, Decision]:
    if not policy.yields:
        return replace(state, ducked=False), Decision.GO_ON
    if facts.turn is None:
        stop, overlap = state.user_frames >= STOP_LOUD_FRAMES, state.user_frames > 0
    else:
        stop, overlap = state.yield_frames >= STOP_FRAMES, state.calm_frames == 0
    if stop:
        return replace(
            state, floor=Floor.USER, yield_frames=0, finished_frames=0, ducked=False
        ), Decision.STOP
    ducked = overlap or (state.ducked and state.calm_frames < CALM_FRAMES)
    return replace(state, ducked=ducked), Decision.DUCK if ducked else Decision.GO_ON
