from itertools import count

import numpy as np
import pytest

from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Engine, SessionOptions, TurnPolicy
from duologue.evals.material import rng_of
from duologue.evals.timing import Pace, Timed, latency, load
from duologue.sound import FRAME_SAMPLES


def test_a_frame_is_done_when_it_has_come_and_is_computed() -> None:
    pace = Pace()
    assert pace.step(0, 0.01) == pytest.approx(0.09)
    assert pace.step(1, 0.02) == pytest.approx(0.18)
    assert pace.late(1) == pytest.approx(0.02)


def test_a_slow_frame_makes_the_next_one_wait() -> None:
    pace = Pace()
    pace.step(0, 0.2)  # done at 0.28
    assert pace.step(1, 0.01) == pytest.approx(0.29)
    assert pace.late(1) == pytest.approx(0.13)
    assert pace.step(5, 0.01) == pytest.approx(0.49)


async def test_computing_is_added_to_the_time_of_the_samples() -> None:
    ticks = count()  # every look at this clock is 10 ms later: each frame takes 10 ms
    engine = Engine(ScriptedBackend(Script(says=("yes",))), max_sessions=1)
    session = engine.session(SessionOptions(policy=TurnPolicy("server_vad", silence_ms=400)))
    call = Timed(session, rng_of("timed", 0), clock=lambda: next(ticks) * 0.01)
    noise = np.random.default_rng(0).standard_normal(6 * FRAME_SAMPLES).astype(np.float32)
    await call.hear(0.1 * noise)
    end = call.number * 0.08
    assert await call.wait(20, lambda: call.first_audible() is not None)
    first = call.first_audible()
    assert first is not None
    assert first - end == pytest.approx(5 * 0.08 + 0.01, abs=0.003)
    assert call.frame_s == pytest.approx([0.01] * call.number)


async def test_latency_is_measured_over_questions_and_interruptions() -> None:
    engine = Engine(ScriptedBackend(Script(says=("one two three four five six seven",))), max_sessions=4)
    found = await latency(engine, num=2, num_long=1)
    assert found.num_asked == found.num_answered == 2
    assert found.p50_ms is not None
    assert found.p50_ms > 300  # no head: the silence that ends a turn is waited for
    assert found.num_interrupted == found.num_stopped == 2
    assert found.stopped_p50_ms is not None
    assert found.stopped_p50_ms < 500
    assert found.length_ratio == pytest.approx(1.0, abs=0.5)
    assert engine.num_sessions == 0


async def test_who_never_answers_has_no_latency() -> None:
    found = await latency(Engine(ScriptedBackend(Script(says=("",))), max_sessions=2), num=1, num_long=1)
    assert (found.num_answered, found.p50_ms, found.length_ratio, found.num_interrupted) == (0, None, None, 0)


async def test_load_holds_more_and_more_calls_and_gives_them_back() -> None:
    engine = Engine(ScriptedBackend(Script(says=("one two three",))), max_sessions=4)
    found = await load(engine, steps=(1, 3), seconds=6.0)
    assert [step.sessions for step in found] == [1, 3]
    assert all(step.is_real_time for step in found)
    assert 0.0 < found[1].replying < 1.0
    assert engine.num_sessions == 0
