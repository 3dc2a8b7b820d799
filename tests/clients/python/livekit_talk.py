"""LiveKit's client of the realtime API, spoken with: unchanged, and without a LiveKit server.

python livekit_talk.py QUESTION.wav INTERRUPTION.wav      prints what it got
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import numpy as np
import soundfile
from livekit import rtc
from livekit.agents import function_tool, llm
from livekit.plugins.openai.realtime import RealtimeModel
from microphone import microphone
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad

RATE = 24000
PATIENCE_S = 40.0
TIMERS: list[int] = []


@function_tool
async def set_timer(minutes: int) -> str:
    """Start a timer.

    Args:
        minutes: how long it runs
    """
    TIMERS.append(minutes)
    return "The timer runs."


def pcm(path: str) -> bytes:
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE
    return bytes(samples.tobytes())


class Talk:
    """What a session does, as it happens."""

    def __init__(self, session: llm.RealtimeSession) -> None:
        self.session = session
        self.heard: list[str] = []
        self.errors: list[str] = []
        self.began: asyncio.Queue[llm.GenerationCreatedEvent] = asyncio.Queue()
        session.on("generation_created", self.began.put_nowait)
        session.on("error", lambda event: self.errors.append(str(event.error)))
        session.on("input_audio_transcription_completed", self.hear)

    def hear(self, event: llm.InputTranscriptionCompleted) -> None:
        if event.is_final:
            self.heard.append(event.transcript)

    async def hear_and_read(self, generation: llm.GenerationCreatedEvent) -> dict[str, Any]:
        """All of a reply: its messages and its calls."""
        whole: dict[str, Any] = {"text": "", "calls": [], "items": []}
        sound: list[Any] = [np.zeros(0, np.int16)]

        async def words(message: llm.MessageGeneration) -> None:
            async for delta in message.text_stream:
                whole["text"] += delta

        async def frames(message: llm.MessageGeneration) -> None:
            async for frame in message.audio_stream:
                sound.append(np.frombuffer(frame.data, np.int16))

        async for message in generation.message_stream:
            whole["items"].append(message.message_id)
            await asyncio.gather(words(message), frames(message))
        async for call in generation.function_stream:
            whole["calls"].append(call)
        samples = np.concatenate(sound) / 32768
        whole |= {
            "seconds": len(samples) / RATE,
            "level": float(np.sqrt(np.mean(samples**2) if len(samples) else 0)),
        }
        return whole


def frame(pcm16: bytes) -> rtc.AudioFrame:
    return rtc.AudioFrame(pcm16, RATE, 1, len(pcm16) // 2)


async def ask(session: llm.RealtimeSession, text: str, **wishes: Any) -> llm.GenerationCreatedEvent:
    context = session.chat_ctx.copy()
    context.add_message(role="user", content=text)
    await session.update_chat_ctx(context)
    return await session.generate_reply(**wishes)


async def cut(talk: Talk, voice: Any, interruption: bytes) -> dict[str, Any]:
    """The user speaks over a reply, and the client tells how much of it was played."""
    generation = await ask(talk.session, "Tell me a story.")
    reading = asyncio.create_task(talk.hear_and_read(generation))
    started = asyncio.Event()
    talk.session.on("input_speech_started", lambda _: started.set())
    await asyncio.sleep(0.5)
    speaking = asyncio.create_task(voice.say(interruption))
    await started.wait()
    talk.session.interrupt()
    whole = await reading
    talk.session.truncate(message_id=whole["items"][0], modalities=["text", "audio"], audio_end_ms=200)
    await speaking
    return whole


async def called(session: llm.RealtimeSession, talk: Talk) -> dict[str, Any]:
    """A tool is called, its result is told, and the reply speaks of it."""
    await session.update_tools([set_timer])
    asking = await talk.hear_and_read(
        await ask(session, "Set a timer for five minutes.", tool_choice="required")
    )
    (call,) = asking["calls"]
    result = await set_timer(**json.loads(call.arguments))
    context = session.chat_ctx.copy()
    context.insert(
        llm.FunctionCallOutput(call_id=call.call_id, name=call.name, output=result, is_error=False)
    )
    await session.update_chat_ctx(context)
    return await talk.hear_and_read(await session.generate_reply(tool_choice="none"))


async def main(question: bytes, interruption: bytes) -> dict[str, Any]:
    """OPENAI_BASE_URL and OPENAI_API_KEY say where."""
    model = RealtimeModel(
        turn_detection=ServerVad(type="server_vad", create_response=True, interrupt_response=True)
    )
    session = model.session()
    talk = Talk(session)
    got: dict[str, Any] = {}
    await session.update_instructions("Be brief.")

    async def send(pcm16: bytes) -> None:
        session.push_audio(frame(pcm16))

    async with asyncio.timeout(3 * PATIENCE_S), microphone(send) as voice:
        await voice.say(question)
        got["spoken"] = await talk.hear_and_read(await talk.began.get())
        while not talk.began.empty():
            talk.began.get_nowait()
        got["cut"] = await cut(talk, voice, interruption)
        while (following := await talk.began.get()).user_initiated:
            pass
        got["following"] = await talk.hear_and_read(following)
        model.update_options(turn_detection=None)
        got["told"] = await called(session, talk)
    history = [item.type for item in session.chat_ctx.items]
    await session.aclose()
    await model.aclose()
    for whole in (got["spoken"], got["cut"], got["following"], got["told"]):
        whole["calls"] = len(whole["calls"])
    return got | {"heard": talk.heard, "timers": TIMERS, "errors": talk.errors, "history": history}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(pcm(sys.argv[1]), pcm(sys.argv[2])))))
