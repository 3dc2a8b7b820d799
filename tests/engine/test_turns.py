"""Turn decisions: a table of situations, and properties that hold for any frames."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.engine.turns import (
    DOUBT_FRAMES,
    FRAME_MS,
    MOST_DISMISSALS,
    ONSET_FRAMES,
    REPLY_GRACE_FRAMES,
    UNHEARD,
    Decision,
    Floor,
    FrameFacts,
    Kind,
    Turn,
    TurnPolicy,
    TurnState,
    step,
)

NOBODY = (0.94, 0.02, 0.02, 0.02)
USER = (0.02, 0.94, 0.02, 0.02)
ASSISTANT = (0.02, 0.02, 0.94, 0.02)
YIELD = (0.02, 0.02, 0.02, 0.94)
LOST = (0.3, 0.3, 0.3, 0.1)  # a head that cannot tell
MAYBE_ANSWER = (0.1, 0.3, 0.6, 0.0)
MAYBE_YIELD = (0.0, 0.1, 0.6, 0.3)

OWN = TurnPolicy()
VAD = TurnPolicy(kind="server_vad", silence_ms=480)


def decide(
    frames: Iterable[FrameFacts], policy: TurnPolicy, state: TurnState | None = None
) -> tuple[TurnState, list[Decision]]:
    state = state or TurnState()
    decisions = []
    for facts in frames:
        state, decision = step(state, facts, policy)
        decisions.append(decision)
    return state, decisions


def says(
    turn: tuple[float, float, float, float] | None, count: int, loud: bool, replying: bool = False
) -> list[FrameFacts]:
    return [FrameFacts(0.95 if loud else 0.02, turn, replying)] * count


def speaks(count: int = 8) -> list[FrameFacts]:
    return says(USER, count, loud=True)


SITUATIONS = {
    "silence": (OWN, says(NOBODY, 50, loud=False), []),
    "the head is sure": (OWN, speaks() + says(ASSISTANT, 1, loud=False), [(8, Decision.ANSWER)]),
    "the head hopes, twice": (OWN, speaks() + says(MAYBE_ANSWER, 2, loud=False), [(9, Decision.ANSWER)]),
    "the head hopes, once": (OWN, speaks() + says(MAYBE_ANSWER, 1, loud=False) + speaks(), []),
    "a hesitation of two seconds": (OWN, speaks() + says(USER, 25, loud=False) + speaks(), []),
    "a head that never answers": (OWN, speaks() + says(USER, 60, loud=False), [(57, Decision.ANSWER)]),
    "talk to somebody else": (OWN, says(NOBODY, 60, loud=True), []),
    "talk that turns out not to be for us": (OWN, speaks() + says(NOBODY, 90, loud=False), []),
    "a head that dreams": (OWN, says(USER, 200, loud=False), []),
    "a quiet beginning": (
        OWN,
        says(USER, 9, loud=False) + speaks() + says(ASSISTANT, 1, loud=False),
        [(17, Decision.ANSWER)],
    ),
    "a head that dreams of a question": (
        OWN,
        says(NOBODY, 9, loud=False) + says(USER, 9, loud=False) + says(ASSISTANT, 30, loud=False),
        [],
    ),
    "one word, noticed late": (
        OWN,
        says(NOBODY, 3, loud=True) + says(USER, 2, loud=False) + says(ASSISTANT, 1, loud=False),
        [(5, Decision.ANSWER)],
    ),
    "an answer nobody asked for": (OWN, says(ASSISTANT, 60, loud=False), []),
    "silence ends a turn": (VAD, speaks() + says(None, 6, loud=False), [(13, Decision.ANSWER)]),
    "a pause does not": (VAD, speaks() + says(None, 5, loud=False) + speaks(), []),
    "a cough": (VAD, says(None, 1, loud=True) + says(None, 30, loud=False), []),
    "server_vad is deaf to the head": (VAD, speaks() + says(ASSISTANT, 2, loud=True), []),
    "own without a head": (
        OWN,
        says(None, 8, loud=True) + says(None, 7, loud=False),
        [(14, Decision.ANSWER)],
    ),
    "eager": (
        TurnPolicy(kind="semantic_vad", eagerness="high"),
        speaks() + says(MAYBE_ANSWER, 1, loud=False),
        [(8, Decision.ANSWER)],
    ),
    "patient": (
        TurnPolicy(kind="semantic_vad", eagerness="low"),
        speaks() + says(ASSISTANT, 3, loud=False),
        [(10, Decision.ANSWER)],
    ),
    "patient in vain": (
        TurnPolicy(kind="semantic_vad", eagerness="low"),
        speaks() + says(USER, 100, loud=False),
        [(107, Decision.ANSWER)],
    ),
    "a deaf head": (OWN, says(LOST, 25, loud=True) + says(LOST, 7, loud=False), [(31, Decision.ANSWER)]),
    "a head that dismisses ten seconds of speech": (
        OWN,
        says(NOBODY, 125, loud=True) + says(NOBODY, 7, loud=False),
        [(131, Decision.ANSWER)],
    ),
    "a head that dismisses everything": (
        OWN,
        (speaks() + says(NOBODY, 20, loud=False)) * 3 + speaks() + says(NOBODY, 60, loud=False),
        [(28 * 3 + 57, Decision.ANSWER)],
    ),
    "a head that is lost after the question, in a noisy room": (
        OWN,
        speaks() + (says(LOST, 3, loud=False) + says(LOST, 1, loud=True)) * 30,
        [(107, Decision.ANSWER)],
    ),
    "the caller answers": (TurnPolicy(answers=False), speaks() + says(ASSISTANT, 9, loud=False), []),
    "manual": (TurnPolicy(kind="manual"), speaks() + says(ASSISTANT, 90, loud=False), []),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_listening(name: str) -> None:
    policy, frames, expected = SITUATIONS[name]
    _, decisions = decide(frames, policy)
    assert [(at, what) for at, what in enumerate(decisions) if what is not Decision.LISTEN] == expected


def test_nobody_takes_the_floor_in_silence() -> None:
    state, _ = decide(says(USER, 200, loud=False), OWN)
    assert state.floor is Floor.NOBODY


OVERLAPS = {
    "nobody speaks": (OWN, says(ASSISTANT, 3, False, True), "GO_ON GO_ON GO_ON"),
    "an interruption": (OWN, says(YIELD, 2, True, True), "DUCK STOP"),
    "an interruption with a doubt": (
        OWN,
        says(YIELD, 1, True, True) + says(MAYBE_YIELD, 1, True, True) + says(YIELD, 2, True, True),
        "DUCK DUCK DUCK STOP",
    ),
    "mm-hm": (
        OWN,
        says(MAYBE_YIELD, 3, True, True) + says(ASSISTANT, 3, False, True),
        "DUCK DUCK DUCK DUCK GO_ON GO_ON",
    ),
    "own echo": (OWN, says(ASSISTANT, 3, True, True), "GO_ON GO_ON GO_ON"),
    "one false alarm": (
        OWN,
        says(YIELD, 1, True, True) + says(ASSISTANT, 3, False, True),
        "DUCK DUCK GO_ON GO_ON",
    ),
    "loudness": (VAD, says(None, 3, True, True), "DUCK DUCK STOP"),
    "a click": (VAD, says(None, 1, True, True) + says(None, 2, False, True), "DUCK DUCK GO_ON"),
    "a cough, under server_vad": (
        VAD,
        says(ASSISTANT, 5, True, True) + says(ASSISTANT, 2, False, True),
        "DUCK DUCK DUCK DUCK DUCK DUCK GO_ON",
    ),
    "speech that the head takes for none, under server_vad": (
        VAD,
        says(ASSISTANT, 8, True, True),
        "DUCK DUCK DUCK DUCK DUCK DUCK DUCK STOP",
    ),
    "who does not yield": (TurnPolicy(yields=False), says(YIELD, 3, True, True), "GO_ON GO_ON GO_ON"),
    "manual": (TurnPolicy(kind="manual"), says(YIELD, 3, True, True), "GO_ON GO_ON GO_ON"),
}


@pytest.mark.parametrize("name", OVERLAPS)
def test_replying(name: str) -> None:
    policy, frames, expected = OVERLAPS[name]
    _, decisions = decide(frames, policy)
    assert " ".join(decision.name for decision in decisions) == expected


def test_a_reply_that_the_head_leaves_ducked_is_stopped() -> None:
    _, decisions = decide(says(MAYBE_YIELD, 30, True, True), OWN)
    assert decisions[: DOUBT_FRAMES - 1] == [Decision.DUCK] * (DOUBT_FRAMES - 1)
    assert decisions[DOUBT_FRAMES - 1] is Decision.STOP


@pytest.mark.parametrize("kind", ["own", "server_vad", "semantic_vad", "manual"])
def test_an_endless_reply_is_ended(kind: Kind) -> None:
    policy = TurnPolicy(kind=kind, max_reply_ms=800)
    _, decisions = decide(says(ASSISTANT, 11 + REPLY_GRACE_FRAMES, False, True), policy)
    assert decisions == [Decision.GO_ON] * (10 + REPLY_GRACE_FRAMES) + [Decision.END]


def test_a_turn_begins_where_its_speech_does() -> None:
    late = says(NOBODY, 3, loud=False) + says(LOST, 3, loud=True) + says(USER, 2, loud=True)
    state, _ = decide(late, OWN)
    assert (state.floor, state.since_frames) == (Floor.USER, 5)
    long_before = says(NOBODY, 40, loud=True) + says(USER, 2, loud=True)
    state, _ = decide(long_before, OWN)
    assert (state.floor, state.since_frames) == (Floor.USER, 2 + ONSET_FRAMES)
    interrupts = says(ASSISTANT, 9, False, True) + says(ASSISTANT, 2, True, True) + says(YIELD, 2, True, True)
    state, decisions = decide(interrupts, OWN)
    assert (decisions[-1], state.since_frames) == (Decision.STOP, 4)


def test_the_question_itself_does_not_stop_its_answer() -> None:
    heard = speaks(20) + says(ASSISTANT, 1, loud=False)
    state, decisions = decide(heard, OWN)
    assert decisions[-1] is Decision.ANSWER
    _, decisions = decide(says(ASSISTANT, 5, loud=False, replying=True), OWN, state)
    assert decisions == [Decision.GO_ON] * 5


def test_what_was_said_over_the_answer_is_answered() -> None:
    state, decisions = decide(says(YIELD, 2, True, replying=True), OWN)
    assert decisions[-1] is Decision.STOP
    _, decisions = decide(speaks(4) + says(ASSISTANT, 1, loud=False), OWN, state)
    assert decisions[-1] is Decision.ANSWER


probability = st.floats(0, 1)
turns = st.none() | st.tuples(probability, probability, probability, probability).map(
    lambda p: (p[0] / (sum(p) or 1), p[1] / (sum(p) or 1), p[2] / (sum(p) or 1), p[3] / (sum(p) or 1))
)
facts_lists = st.lists(st.builds(FrameFacts, probability, turns, st.booleans()), max_size=60)
policies = st.builds(
    TurnPolicy,
    kind=st.sampled_from(["own", "server_vad", "semantic_vad", "manual"]),
    eagerness=st.sampled_from(["low", "medium", "high", "auto"]),
    threshold=st.floats(0.1, 0.9),
    silence_ms=st.integers(0, 2000),
    max_wait_ms=st.integers(500, 8000),
    answers=st.booleans(),
    yields=st.booleans(),
    max_reply_ms=st.sampled_from([60_000, 80]),
)
any_turn = turns.filter(lambda turn: turn is None or sum(turn) > 0.99)


@settings(max_examples=150, deadline=None)
@given(facts_lists, policies)
def test_decisions_fit_the_moment(frames: list[FrameFacts], policy: TurnPolicy) -> None:
    _, decisions = decide(frames, policy)
    for facts, decision in zip(frames, decisions, strict=True):
        while_replying = decision in (Decision.GO_ON, Decision.DUCK, Decision.STOP, Decision.END)
        assert while_replying == facts.replying
        assert policy.kind != "manual" or decision in (Decision.LISTEN, Decision.GO_ON, Decision.END)
        assert policy.answers or decision is not Decision.ANSWER
        assert policy.yields or decision not in (Decision.STOP, Decision.DUCK)


@settings(max_examples=100, deadline=None)
@given(facts_lists, policies.filter(lambda policy: policy.kind != "manual" and policy.answers), st.data())
def test_nobody_waits_for_ever(frames: list[FrameFacts], policy: TurnPolicy, data: st.DataObject) -> None:
    """Whatever came before and whatever the head says (but "not for us"), then silence: an answer."""
    state, _ = decide(frames, policy)
    state, before = decide(speaks(3), policy, state)
    longest = {"semantic_vad": 8000}.get(policy.kind, max(policy.max_wait_ms, policy.silence_ms))
    count = longest // FRAME_MS + 2
    heads = data.draw(
        st.lists(st.sampled_from([USER, YIELD, MAYBE_YIELD, None]), min_size=count, max_size=count)
    )
    _, after = decide([FrameFacts(0.0, head) for head in heads], policy, state)
    assert Decision.ANSWER in before + after


@settings(max_examples=100, deadline=None)
@given(facts_lists, policies)
def test_one_turn_gets_one_answer(frames: list[FrameFacts], policy: TurnPolicy) -> None:
    state, decisions = decide(frames, policy)
    if decisions and decisions[-1] is Decision.ANSWER:
        after_the_reply = [FrameFacts(0.0, ASSISTANT)] * 120
        assert set(decide(after_the_reply, policy, state)[1]) <= {Decision.LISTEN}


@settings(max_examples=25, deadline=None)
@given(facts_lists, policies.filter(lambda policy: policy.kind != "manual" and policy.answers), st.data())
def test_no_head_can_stop_a_conversation(
    frames: list[FrameFacts], policy: TurnPolicy, data: st.DataObject
) -> None:
    """Whatever came before and whatever the head says: who keeps asking and waiting gets an answer."""
    state, _ = decide(frames, policy)
    heads = data.draw(st.lists(any_turn, min_size=1, max_size=40))
    asking = [FrameFacts(0.95, heads[at % len(heads)]) for at in range(UNHEARD + 2)]
    waiting = [FrameFacts(0.0, heads[at % len(heads)]) for at in range(8000 // FRAME_MS + 2)]
    for _ in range(MOST_DISMISSALS + 1):
        state, decisions = decide(asking + waiting, policy, state)
        if Decision.ANSWER in decisions:
            return
    pytest.fail("nobody answered")


@settings(max_examples=60, deadline=None)
@given(st.lists(any_turn, min_size=1, max_size=40), policies)
def test_no_reply_is_endless(heads: list[Turn | None], policy: TurnPolicy) -> None:
    most = policy.max_reply_ms // FRAME_MS + REPLY_GRACE_FRAMES + 1
    frames = [FrameFacts(0.0, heads[at % len(heads)], replying=True) for at in range(most)]
    assert {Decision.STOP, Decision.END} & set(decide(frames, policy)[1])
