"""Conversations as lists of items: what the network is to know of them, edited or not."""

from __future__ import annotations

import asyncio
import base64

import numpy as np

from duologue.backends.scripted import Script
from duologue.engine import Picture, Text
from duologue.picture import encode
from tests.server.realtime.driven import driven, pcm, silence, speech
from tests.server.recorder import Recorder


async def test_the_past_is_edited(recorder: Recorder) -> None:
    async with driven(Script(says=("one", "two")), recorder) as client:
        await client.write("first")
        await client.send("response.create")
        first = client.of("conversation.item.added")[0]["item"]["id"]
        await client.write("second")
        await client.send("conversation.item.delete", item_id=first)
        await client.write("before all", role="system", previous_item_id="root")
        await client.send("response.create")
        told = [(part.role, part.text) for part in client.mind.life if isinstance(part, Text)]
        assert told == [("system", "before all"), ("assistant", "one"), ("user", "second")]


async def test_the_oldest_is_forgotten_when_the_client_sets_a_limit(recorder: Recorder) -> None:
    async with driven(Script(says=("one two three",)), recorder) as client:
        limits = {"post_instructions": 10}
        await client.update(
            output_modalities=["text"],
            truncation={"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": limits},
        )
        for question in ("a b c d", "e f g h"):
            await client.write(question)
            await client.send("response.create")
        await client.write("i")
        await client.send("response.create")
        told = [part.text for part in client.mind.life if isinstance(part, Text)]
        assert told == ["one two three", "i"]


async def test_images_are_shown_to_the_network(recorder: Recorder) -> None:
    async with driven(Script(says=("a red square",)), recorder) as client:
        red = encode(np.full((8, 8, 3), (255, 0, 0), np.uint8))
        url = "data:image/png;base64," + base64.b64encode(red).decode()
        parts = [{"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": url}]
        await client.show(*parts)
        await client.send("response.create")
        async with asyncio.timeout(5):
            while "response.done" not in client.types():
                await client.quiet()
        assert [type(part) for part in client.mind.life[:2]] == [Text, Picture]
        await client.send(
            "conversation.item.retrieve", item_id=client.of("conversation.item.added")[0]["item"]["id"]
        )
        assert client.last("conversation.item.retrieved")["item"]["content"][1]["image_url"] == url
        parts[1] = {"type": "input_image", "image_url": "https://example.com/cat.png"}
        await client.show(*parts)
        assert client.last("error")["error"]["param"] == "item.content[1].image_url"


async def test_a_recording_inside_an_item(recorder: Recorder) -> None:
    async with driven(Script(says=("yes",), hears=("a question",)), recorder) as client:
        await client.update(audio={"input": {"transcription": {"model": "gpt-4o-transcribe"}}})
        await client.show({"type": "input_audio", "audio": pcm(speech(6))})
        completed = client.last("conversation.item.input_audio_transcription.completed")
        assert completed["transcript"] == "a question"
        assert "response.created" not in client.types()
        await client.send("conversation.item.retrieve", item_id=completed["item_id"])
        assert client.last("conversation.item.retrieved")["item"]["content"][0]["transcript"] == "a question"


async def test_a_truncation_may_give_back_what_was_thought_unheard(recorder: Recorder) -> None:
    """The client played more than was guessed."""
    async with driven(Script(says=("one two three four five six seven eight", "nine")), recorder) as client:
        vad = {"type": "server_vad", "silence_duration_ms": 240}
        await client.update(audio={"input": {"turn_detection": vad}})
        await client.send("response.create")
        item_id = client.last("response.done")["response"]["output"][0]["id"]
        await client.hear(speech(5))
        await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1600)
        await client.send("conversation.item.retrieve", item_id=item_id)
        content = client.last("conversation.item.retrieved")["item"]["content"][0]
        assert content["transcript"] == "one two three four five six seven"
        await client.hear(silence(8))
        told = [part.text for part in client.mind.life if isinstance(part, Text)]
        assert told == ["one two three four five six seven"]
