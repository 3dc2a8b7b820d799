"""Pipecat's service for the realtime API in a pipeline, spoken with: unchanged but for base URL and key.

python pipecat_talk.py QUESTION.wav INTERRUPTION.wav      prints what it got
python pipecat_talk.py --parse FRAMES                     reads recorded frames with Pipecat's parser
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from microphone import Microphone, microphone
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    LLMUpdateSettingsFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime.events import (
    AudioConfiguration,
    AudioInput,
    InputAudioTranscription,
    SessionProperties,
    TurnDetection,
    parse_server_event,
)
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner

RATE = 24000
PATIENCE_S = 100.0
TIMER = FunctionSchema("set_timer", "Start a timer.", {"minutes": {"type": "integer"}}, ["minutes"])
Settings = OpenAIRealtimeLLMService.Settings


class Loudspeaker(FrameProcessor):
    """The end of the pipeline: what is to be heard, reply by reply."""

    def __init__(self) -> None:
        super().__init__()
        self.sound = b""
        self.words = ""
        self.interruptions = 0
        self.began = asyncio.Event()
        self.ended: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSStartedFrame):
            self.began.set()
            await self.broadcast_frame(BotStartedSpeakingFrame)
        elif isinstance(frame, TTSAudioRawFrame):
            self.sound += frame.audio
        elif isinstance(frame, TTSTextFrame):
            self.words += frame.text
        elif isinstance(frame, TTSStoppedFrame):
            await self.broadcast_frame(BotStoppedSpeakingFrame)
        elif isinstance(frame, InterruptionFrame):
            self.interruptions += 1
        elif isinstance(frame, LLMFullResponseEndFrame) and self.sound:
            self.ended.put_nowait(self.reply())
        await self.push_frame(frame, direction)

    def reply(self) -> dict[str, Any]:
        samples = np.frombuffer(self.sound, "<i2") / 32768
        said = {
            "seconds": len(samples) / RATE,
            "level": float(np.sqrt(np.mean(samples**2))),
            "text": self.words,
        }
        self.sound, self.words = b"", ""
        self.began.clear()
        return said


def properties(**more: Any) -> SessionProperties:
    heard = AudioInput(transcription=InputAudioTranscription("whisper-1"), turn_detection=TurnDetection())
    return SessionProperties(audio=AudioConfiguration(input=heard), **more)


def pcm(path: str) -> bytes:
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE
    return bytes(samples.tobytes())


async def visit(
    service: OpenAIRealtimeLLMService,
    heard: Loudspeaker,
    voice: Microphone,
    question: bytes,
    interruption: bytes,
) -> dict[str, Any]:
    """A typed question, a spoken one, an interruption, a tool."""
    got: dict[str, Any] = {}
    got["typed"] = await heard.ended.get()
    await voice.say(question)
    got["spoken"] = await heard.ended.get()
    await voice.say(question)
    await heard.began.wait()
    speaking = asyncio.create_task(voice.say(interruption))
    got["cut"] = await heard.ended.get()
    await speaking
    got["following"] = await heard.ended.get()
    required = Settings(session_properties=properties(tool_choice="required"))
    await service.queue_frame(LLMUpdateSettingsFrame(delta=required))
    wish = {"role": "user", "content": "Set a timer for five minutes."}
    await service.queue_frame(LLMMessagesAppendFrame([wish], run_llm=True))
    got["told"] = await heard.ended.get()
    return got


async def main(question: bytes, interruption: bytes) -> dict[str, Any]:
    url = os.environ["OPENAI_BASE_URL"].replace("http", "ws") + "/realtime"
    service = OpenAIRealtimeLLMService(
        api_key=os.environ["OPENAI_API_KEY"],
        base_url=url,
        settings=Settings(model="gpt-realtime", session_properties=properties()),
    )
    context = LLMContext([{"role": "user", "content": "Who are you?"}], ToolsSchema([TIMER]))
    aggregators = LLMContextAggregatorPair(context)
    heard, errors, timers = Loudspeaker(), [], []
    pipeline = Pipeline([aggregators.user(), service, heard, aggregators.assistant()])
    worker = PipelineWorker(pipeline, cancel_on_idle_timeout=False, enable_rtvi=False)
    worker.set_reached_upstream_filter((ErrorFrame,))

    @worker.event_handler("on_frame_reached_upstream")
    async def failed(_: PipelineWorker, frame: ErrorFrame) -> None:
        errors.append(frame.error)

    async def set_timer(call: FunctionCallParams) -> None:
        timers.append(call.arguments["minutes"])
        freely = Settings(session_properties=properties(tool_choice="none"))
        await worker.queue_frame(LLMUpdateSettingsFrame(delta=freely))
        await asyncio.sleep(0.5)  # the result may not overtake the frame
        await call.result_callback({"ok": True})

    service.register_function("set_timer", set_timer)

    async def send(pcm16: bytes) -> None:
        await worker.queue_frame(InputAudioRawFrame(pcm16, RATE, 1))

    ready = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def started(*_: object) -> None:
        ready.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await ready.wait()
    async with asyncio.timeout(PATIENCE_S), microphone(send) as voice:
        await worker.queue_frame(LLMRunFrame())
        got = await visit(service, heard, voice, question, interruption)
    await worker.queue_frame(EndFrame())
    await running
    said = [(message["role"], str(message.get("content") or "")) for message in context.get_messages()]
    return got | {"timers": timers, "errors": errors, "said": said, "interruptions": heard.interruptions}


def parse(frames: Path) -> dict[str, Any]:
    """Which types it read; a frame it cannot read raises."""
    read = [parse_server_event(line) for line in frames.read_text(encoding="utf-8").splitlines()]
    return {"read": sorted({event.type for event in read if event is not None}), "unknown": read.count(None)}


if __name__ == "__main__":
    if sys.argv[1] == "--parse":
        print(json.dumps(parse(Path(sys.argv[2]))))
    else:
        print(json.dumps(asyncio.run(main(pcm(sys.argv[1]), pcm(sys.argv[2])))))
