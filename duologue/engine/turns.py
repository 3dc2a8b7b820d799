"""Whose turn it is: one pure decision for each frame of 80 ms.

Two judges can tell whether the user speaks, has finished or interrupts: the network's own turn head, which
knows hesitations and "mm-hm" by their meaning, and the voice activity, which knows loud from quiet. The head
judges where there is one and the policy allows it. The activity always keeps watch over it, so that a head
that never notices the user, or never says "answer now", delays an answer but cannot withhold it.

Whoever speaks over a reply makes it quieter at once. Only when it is certain that this is an interruption
does it stop; a cough or an "mm-hm" passes, and the reply is loud again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

FRAME_MS = 80

BEGIN_FRAMES = 2  # of speech before the user has the floor: one may be a cough or a door
STOP_FRAMES = 2  # of interruption that the head is sure about
STOP_LOUD_FRAMES = 3  # of loudness that stop a reply when no head tells "mm-hm" from "stop"
CERTAIN_LOUD_FRAMES = 8  # that stop it under server_vad even if the head hears no interruption
CALM_FRAMES = 2  # without overlap before a ducked reply is loud again
DISMISS_FRAMES = 10  # in which the head is sure that what was heard is not for us
DUCK_AT = 0.3  # P(the user wants the floor) that makes the reply quieter
YIELD_AT = 0.5  # ... and that, confirmed, stops it
DISMISS_AT = 0.8
SURE_AT = 0.9  # P(answer now) that needs no second frame
GAP_FRAMES = 3  # of quiet within one stretch of speech
ONSET_FRAMES = 5  # by which the head may be late to notice speech that was loud before

# The supervisor: what ends the waits that a head could make endless.
UNHEARD = 125  # frames of speech (10 s) that the head does not notice: the floor is the user's all the same
DOUBT = 5  # ... as many of them is one that it does not even dismiss (2 s); a quiet frame takes one back
STALE_FRAMES = 100  # in which the head does not say that the user speaks: the turn has ended
MOST_DISMISSALS = 3  # turns in a row that may be dismissed; the next is answered
DOUBT_FRAMES = 20  # of loudness over a reply that the head cannot place: an interruption
REPLY_GRACE_FRAMES = 50  # by which a reply may be longer than the policy allows before it is ended


class Floor(Enum):
    """Whose turn it is to speak."""

    NOBODY, USER, ASSISTANT = range(3)


class Decision(Enum):
    LISTEN = "listen"
    ANSWER = "answer"  # begin a reply now
    GO_ON = "go on"  # with the reply, at its full loudness
    DUCK = "duck"  # go on, but quieter: somebody speaks
    STOP = "stop"  # the user took the floor
    END = "end"  # the reply would never end


Kind = Literal["own", "server_vad", "semantic_vad", "manual"]
Eagerness = Literal["low", "medium", "high", "auto"]


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """own: the network's head decides. semantic_vad: so does it, by `eagerness`. server_vad: silence decides.
    manual: nobody does, the caller asks for replies and stops them."""

    kind: Kind = "own"
    eagerness: Eagerness = "auto"  # semantic_vad
    threshold: float = 0.5  # P(speech) from which a frame counts as speech
    prefix_ms: int = 0  # by which a turn is said to begin before its speech does
    silence_ms: int = 500  # server_vad: the silence that ends a turn
    max_wait_ms: int = 4000  # own: after this much silence a turn has ended, whatever the head says
    answers: bool = True  # False: note the end of a turn, but leave the reply to the caller
    yields: bool = True  # False: an interruption does not stop a reply
    max_reply_ms: int = 60_000  # the session ends a longer live reply


Turn = tuple[float, float, float, float]  # P(nobody), P(user), P(assistant), P(user interrupts)


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What is known of one frame."""

    speech: float  # P(the user makes speech in this frame), from voice activity
    turn: Turn | None = None  # if the mind says
    replying: bool = False  # the assistant is in the midst of a reply


@dataclass(frozen=True, slots=True)
class TurnState:
    """Everything a decision depends on besides the frame. Counts are of consecutive frames."""

    floor: Floor = Floor.NOBODY
    user_frames: int = 0  # in which the judge says that the user speaks or holds the floor
    silent_frames: int = ONSET_FRAMES  # without voice activity: nothing was loud before the beginning
    calm_frames: int = 0  # in which nothing speaks against the reply
    finished_frames: int = 0  # in which the head says: answer now
    dismissed_frames: int = 0  # in which the head says: this is not for us
    yield_frames: int = 0  # in which the head says: stop; a contrary frame takes one back
    was_loud: bool = False  # since the user took the floor; a head that dreams of speech gets no answer
    ducked: bool = False
    spoken_frames: int = 0  # since the present stretch of speech began
    since_frames: int = 0  # when the user took the floor: how long ago that speech had begun
    unheard: int = 0  # speech that the head did not notice; see UNHEARD
    overruled: bool = False  # it is not asked any more until this turn has ended
    stale_frames: int = 0  # in which the head does not say that the user speaks
    dismissals: int = 0  # turns in a row
    doubt_frames: int = 0  # of loudness over a reply that may be an interruption
    reply_frames: int = 0


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
    head = facts.turn
    if policy.kind == "server_vad" or state.overruled:
        facts = replace(facts, turn=None)
    state = _count(_with_reply(state, facts.replying), facts, policy)
    if state.reply_frames > policy.max_reply_ms // FRAME_MS + REPLY_GRACE_FRAMES:
        return replace(state, ducked=False), Decision.END
    if policy.kind == "manual":
        return state, Decision.GO_ON if facts.replying else Decision.LISTEN
    if facts.replying:
        return _while_replying(state, facts, head, policy)
    return _while_listening(state, facts, policy)


def _with_reply(state: TurnState, replying: bool) -> TurnState:
    """The assistant has the floor exactly while it replies."""
    if replying and state.floor is not Floor.ASSISTANT:
        return replace(
            state,
            floor=Floor.ASSISTANT,
            finished_frames=0,
            yield_frames=0,
            doubt_frames=0,
            reply_frames=0,
            dismissals=0,
            overruled=False,
        )
    if not replying and state.floor is Floor.ASSISTANT:
        return replace(state, floor=Floor.NOBODY, yield_frames=0, reply_frames=0, ducked=False)
    return state


def _count(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> TurnState:
    loud = facts.speech >= policy.threshold
    nobody, user, assistant, interrupts = facts.turn or (0.0, float(loud), 0.0, 0.0)
    wants_floor = user + interrupts
    is_stretch = loud or (state.spoken_frames > 0 and state.silent_frames < GAP_FRAMES)
    return replace(
        state,
        spoken_frames=state.spoken_frames + 1 if is_stretch else 0,
        unheard=_unheard(state, facts, loud),
        stale_frames=state.stale_frames + 1 if wants_floor < YIELD_AT else 0,
        doubt_frames=state.doubt_frames + 1 if facts.replying and loud and wants_floor >= DUCK_AT else 0,
        reply_frames=state.reply_frames + 1 if facts.replying else 0,
        user_frames=state.user_frames + 1 if wants_floor >= YIELD_AT else 0,
        silent_frames=0 if loud else state.silent_frames + 1,
        was_loud=state.was_loud or loud,
        calm_frames=state.calm_frames + 1 if wants_floor < DUCK_AT else 0,
        finished_frames=state.finished_frames + 1 if assistant >= _patience(policy).likely else 0,
        dismissed_frames=state.dismissed_frames + 1 if nobody >= DISMISS_AT else 0,
        yield_frames=state.yield_frames + 1 if wants_floor >= YIELD_AT else max(0, state.yield_frames - 1),
    )


def _unheard(state: TurnState, facts: FrameFacts, loud: bool) -> int:
    if facts.replying or state.floor is not Floor.NOBODY:
        return 0
    if facts.turn is None or not loud:
        return max(0, state.unheard - 1)
    return state.unheard + (1 if facts.turn[0] >= DISMISS_AT else DOUBT)


def _while_listening(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> tuple[TurnState, Decision]:
    # A head may dream of speech in silence; one that hears a quiet beginning waits for its first loud frame.
    is_audible = state.silent_frames < ONSET_FRAMES
    if state.floor is Floor.NOBODY and state.user_frames >= BEGIN_FRAMES and is_audible:
        state = _user_begins(state)
    if state.floor is Floor.NOBODY and state.unheard >= UNHEARD:
        return replace(
            _user_begins(state), overruled=True, was_loud=True, since_frames=state.spoken_frames
        ), Decision.LISTEN
    if state.floor is Floor.NOBODY:
        return state, Decision.LISTEN
    if _has_finished(state, facts, policy):
        floor = Floor.ASSISTANT if policy.answers else Floor.NOBODY
        state = replace(state, floor=floor, finished_frames=0, user_frames=0, yield_frames=0, dismissals=0)
        return replace(state, overruled=False), Decision.ANSWER if policy.answers else Decision.LISTEN
    if state.dismissed_frames >= DISMISS_FRAMES and state.dismissals < MOST_DISMISSALS:
        dismissals = state.dismissals + state.was_loud
        return replace(state, floor=Floor.NOBODY, dismissals=dismissals), Decision.LISTEN
    return state, Decision.LISTEN


def _user_begins(state: TurnState) -> TurnState:
    was_loud = state.silent_frames < state.user_frames or state.spoken_frames > 0
    state = replace(state, floor=Floor.USER, was_loud=was_loud, finished_frames=0, dismissed_frames=0)
    return replace(state, since_frames=_since(state), stale_frames=0, unheard=0)


def _since(state: TurnState) -> int:
    """How long ago the speech began that the judge has noticed now."""
    if state.user_frames > state.spoken_frames + ONSET_FRAMES:  # the head dreamed before anything was loud
        return max(BEGIN_FRAMES, state.spoken_frames)
    return max(state.user_frames, min(state.spoken_frames, state.user_frames + ONSET_FRAMES))


def _has_finished(state: TurnState, facts: FrameFacts, policy: TurnPolicy) -> bool:
    patience = _patience(policy)
    silence_ms = state.silent_frames * FRAME_MS
    if facts.turn is None:
        return silence_ms >= patience.silence_ms
    is_sure = state.finished_frames > 0 and facts.turn[2] >= SURE_AT and policy.kind == "own"
    return state.was_loud and (
        is_sure
        or state.finished_frames >= patience.frames
        or silence_ms >= patience.max_wait_ms
        or state.stale_frames >= STALE_FRAMES
    )


def _while_replying(
    state: TurnState, facts: FrameFacts, head: Turn | None, policy: TurnPolicy
) -> tuple[TurnState, Decision]:
    if not policy.yields:
        return replace(state, ducked=False), Decision.GO_ON
    if facts.turn is None:
        is_sure = head is None or head[1] + head[3] >= YIELD_AT
        stop = state.user_frames >= (STOP_LOUD_FRAMES if is_sure else CERTAIN_LOUD_FRAMES)
        overlap = state.user_frames > 0
    else:
        stop = state.yield_frames >= STOP_FRAMES or state.doubt_frames >= DOUBT_FRAMES
        overlap = state.calm_frames == 0
    if stop:
        state = replace(state, floor=Floor.USER, since_frames=_since(state))
        return replace(state, yield_frames=0, finished_frames=0, stale_frames=0, ducked=False), Decision.STOP
    ducked = overlap or (state.ducked and state.calm_frames < CALM_FRAMES)
    return replace(state, ducked=ducked), Decision.DUCK if ducked else Decision.GO_ON
