from collections.abc import Callable

import numpy as np
import pytest

from duologue.backends.scripted import Script, ScriptedBackend
from duologue.engine import Engine, ReplyDone, SessionOptions, TurnPolicy
from duologue.evals.material import Speech, rng_of
from duologue.evals.talking import Call, answer, listen
from duologue.sound import FRAME_SAMPLES, SAMPLE_RATE

Samples = np.ndarray[tuple[int], np.dtype[np.float32]]


def voice(frames: int) -> Samples:
    """What voice activity takes for speech."""
    rng = np.random.default_rng(0)
    return (0.1 * rng.standard_normal(frames * FRAME_SAMPLES)).astype(np.float32)


def silence(frames: int) -> Samples:
    return np.zeros(frames * FRAME_SAMPLES, np.float32)


def call(script: Script, policy: TurnPolicy | None = None, echoes: float = 0.0) -> Call:
    engine = Engine(ScriptedBackend(script), max_sessions=1)
    session = engine.session(SessionOptions(policy=policy or TurnPolicy("server_vad", silence_ms=400)))
    return Call(session, rng_of("call", 0), echoes)


async def test_an_answer_is_all_its_pieces() -> None:
    made = call(Script(says=("one two",)), TurnPolicy("manual"))
    got = await answer(made.session, made.session.reply_options)
    assert got.said == "one two"
    assert len(got.sound) == 2 * 3 * FRAME_SAMPLES


async def test_listening_gives_the_transcript_and_its_tags() -> None:
    made = call(Script(hears=("good morning",)), TurnPolicy("manual"))
    heard, tags = await listen(made.session, Speech(voice(6), "", ""), made.rng)
    assert (heard, tags) == ("good morning", ("en",))


async def test_a_call_plays_a_reply_from_the_frame_after_the_decision() -> None:
    made = call(Script(says=("one two",)))
    await made.hear(silence(3))
    await made.hear(voice(6))
    spoken_until = made.now
    assert await made.wait(2.0, until=lambda call: call.first_audible() is not None)
    first = made.first_audible()
    assert first is not None
    # 400 ms of silence are five frames; the sixth is the one in which the reply is heard.
    assert first - spoken_until == pytest.approx(5 * FRAME_SAMPLES, abs=40)
    await made.wait(2.0, until=is_done)
    assert made.said() == "one two"
    sound = np.concatenate(made.played)
    assert np.count_nonzero(sound) == pytest.approx(2 * 3 * FRAME_SAMPLES, rel=0.1)


async def test_waiting_for_what_never_comes_ends() -> None:
    made = call(Script())
    assert not await made.wait(1.0, until=is_done)
    assert made.now == pytest.approx(SAMPLE_RATE, abs=FRAME_SAMPLES)


@pytest.mark.parametrize(("echoes", "stopped"), [(0.0, False), (0.8, True)])
async def test_the_microphone_hears_what_is_played_when_it_echoes(echoes: float, stopped: bool) -> None:
    made = call(Script(says=("one two three four five",)), echoes=echoes)
    await made.hear(silence(3))
    await made.hear(voice(6))
    await made.wait(4.0, until=is_done)
    reasons = [event.reason for _, event in made.events if isinstance(event, ReplyDone)]
    assert reasons == (["interrupted"] if stopped else ["completed"])


is_done: Callable[[Call], bool] = lambda made: made.when(lambda e: isinstance(e, ReplyDone)) is not None  # noqa: E731
