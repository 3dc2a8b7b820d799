import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench import cli, crowd, crowd_cli, speech
from bench.caller import Call, Manners, Turn, code_word
from bench.crowd import Plan, Step
from bench.lines import Address, Microphone, append, pcm16
from bench.player import RATE
from bench.speech import Utterance
from duologue.errors import BadInput
from tests.bench.parrot import parrots

WORD = Utterance("hum", (0.2 * np.sin(np.arange(RATE // 10) / 10)).astype(np.float32))  # 100 ms


def plan(url: str, barge_every: int = 0) -> Plan:
    """One question for each caller, at their haste."""
    manners = Manners([WORD], WORD, barge_every, pause_s=(0.01, 0.02), settle_s=0.05)
    return Plan(Address(url), manners, seconds=0.1, chunk_ms=20)


async def test_callers_are_answered_and_nothing_is_wrong() -> None:
    async with parrots() as (url, on_line):
        step = await crowd.measure(plan(url), 2)
    assert step.sessions == len(on_line) == 2
    assert step.answered == step.turns >= 2 and step.early == 0
    assert (
        step.p50_ms is not None and step.p50_ms >= 50.0
    )  # the parrot waits for 100 ms of quiet, chunks of 40
    assert step.errors == {} and step.faults == {} and step.leaks == [] and step.hung_up == 0
    assert step.dropped_frames == 0


async def test_an_interruption_stops_the_reply_and_the_server_is_told_what_was_played() -> None:
    async with parrots() as (url, on_line):
        step = await crowd.measure(plan(url, barge_every=1), 1)
    assert step.stopped == step.barged >= 1 and step.stop_p50_ms is not None
    truncated = [event for event in on_line[0].got if event["type"] == "conversation.item.truncate"]
    assert truncated and all(0 <= event["audio_end_ms"] <= 400 for event in truncated)


async def test_broken_rules_and_mixed_up_calls_are_found() -> None:
    async with parrots(shared_ids=False, doubles=True, says=f"it is {code_word(1)}") as (url, _):
        step = await crowd.measure(plan(url), 2)
    assert any("which is not open" in fault for fault in step.faults)
    assert any("both saw" in leak for leak in step.leaks)
    assert "caller 0 was told the code word of 1" in step.leaks
    assert step.recalled == 1


async def test_a_server_that_is_not_there_is_no_crash() -> None:
    step = await crowd.measure(plan("http://127.0.0.1:9/v1"), 2)
    assert step.hung_up == 2 and not step.is_real_time(10_000.0)


def called(latency_ms: float | None, number: int = 0) -> Call:
    return Call(number, [Turn(latency_ms)])


def summary(calls: list[Call]) -> Step:
    return crowd.summary(calls, None, [], None, None)


def test_real_time_has_a_bound_and_no_errors() -> None:
    assert summary([called(300.0)]).is_real_time(320.0)
    assert not summary([called(330.0)]).is_real_time(320.0)
    assert not summary([called(None)]).is_real_time(320.0)
    troubled = called(300.0)
    troubled.errors = Counter(rate_limit_exceeded=1)
    assert not summary([troubled]).is_real_time(320.0)


def test_late_sound_is_not_real_time() -> None:
    late = called(300.0)
    late.player.played_s, late.player.gap_s = 10.0, 0.2
    assert not summary([late]).is_real_time(320.0)


def test_a_clock_that_falls_behind_tells_of_lost_frames() -> None:
    assert crowd.dropped([200.0, 250.0, 180.0]) == 0
    assert crowd.dropped([200.0, 250.0, 1000.0]) == 10
    assert crowd.dropped([]) == 0


def test_what_was_not_measured_is_a_dash() -> None:
    rows = {row[0]: row[1] for row in crowd_cli.table(summary([called(None)]))}
    assert rows["end of speech to first audible sample, p50"] == "—"
    assert rows["memory's slope"] == "—"
    assert rows["written question, quiet · beside the voices"] == "—"


def test_a_ramp_is_a_row_for_each_crowd() -> None:
    rows = crowd_cli.ramp_table([summary([called(300.0)]), summary([called(700.0), called(720.0, 1)])], 500.0)
    assert [row[0] for row in rows[1:]] == ["1", "2"]
    assert [row[-1] for row in rows[1:]] == ["yes", "no"]
    assert crowd.held([summary([called(300.0)])], 500.0) == 1


def test_a_microphone_says_when_an_utterance_left() -> None:
    microphone = Microphone(0)
    said = microphone.say(np.full(1000, 0.5, np.float32))
    first = microphone.take(480, now=1.0)
    assert np.allclose(first, 0.5, atol=0.01) and not said.ended.is_set()
    microphone.take(480, now=1.02)
    last = microphone.take(480, now=1.04)
    assert said.ended.is_set() and (said.began_at, said.ended_at) == (1.0, 1.04)
    assert np.abs(last[40:]).max() < 0.01


def test_sound_survives_the_wire() -> None:
    samples = np.linspace(-1.0, 0.99, 480, dtype=np.float32)
    assert np.allclose(pcm16(json.loads(append(samples))["audio"]), samples, atol=1e-4)


def test_code_words_differ() -> None:
    assert len({code_word(number) for number in range(100)}) == 100


def test_recordings_begin_and_end_where_they_are_audible(tmp_path: Path) -> None:
    silence = np.zeros(8000, np.float32)
    hum = (0.3 * np.sin(np.arange(8000) / 5)).astype(np.float32)
    soundfile.write(tmp_path / "hum.wav", np.concatenate([silence, hum, silence]), 16_000)
    (found,) = speech.questions(tmp_path)
    assert found.words == "hum" and abs(len(found.samples) - RATE // 2) < 500


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="recordings"):
        speech.questions(tmp_path)


@pytest.mark.skipif(not (shutil.which("flite") or shutil.which("espeak-ng")), reason="no synthesiser")
def test_questions_are_spoken() -> None:
    (said,) = speech.spoken(["What is two plus three?"])
    assert 0.5 < len(said.samples) / RATE < 4.0


@pytest.mark.skipif(not (shutil.which("flite") or shutil.which("espeak-ng")), reason="no synthesiser")
async def test_the_command_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "hum.wav", WORD.samples, RATE)
    arguments = ["--seconds", "1", "--sessions", "1", "--voices", str(tmp_path), "--json", "--no-keep"]
    async with parrots() as (url, _):
        code = await asyncio.to_thread(cli.main, ["crowd", "--url", url, *arguments])
    assert code == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["held"] == 1 and [step["sessions"] for step in shown["steps"]] == [1]
