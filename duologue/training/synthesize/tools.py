"""Requests that are met by calling a function: the request, the call as JSON, its result, the answer.

Which functions there are is said in the dialogue's `instructions`, one signature each (`tools_line`); a
request for a function that is not there is declined. The assistant's call is the text "<call>" and a JSON
object.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from duologue.training.synthesize import facts
from duologue.training.synthesize.dialogue import SPLITS, Dialogue, Turn
from duologue.training.synthesize.phrasing import (
    Phrasing,
    choose,
    choose_by_share,
    phrasing,
    sentence,
    ways,
    words,
)
from duologue.training.synthesize.spoken import number_words, spoken

CALL = "<call>"
DECLINED = "I cannot do that here."
Values = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function: how it is asked for, and how its arguments and its result are made.

    `asks`, `answer` and `key` are format strings over the spoken slots; `fill` draws the arguments, the
    spoken slots and the result.
    """

    name: str
    arguments: tuple[str, ...]
    asks: Phrasing
    answer: str
    key: str
    fill: Callable[[Generator], tuple[Values, dict[str, str], Values]]


CITIES = words("Rome Paris Berlin Madrid London Vienna Oslo Lisbon Athens Dublin Tokyo Cairo Chicago Toronto")
ROOMS = ("kitchen", "bedroom", "bathroom", "hall", "garage", "office", "living room")
MUSIC = ("jazz", "rock", "piano music", "folk songs", "the radio", "classical music", "dance music")
NOTES = ways("buy milk | call the bank | water the plants | book a table | feed the cat | pay the rent")
MESSAGES = ("I am late", "see you soon", "dinner is ready", "call me back", "I am at home", "happy birthday")
SKIES = ("sunny", "cloudy", "rainy", "windy", "foggy", "snowy")


def _timer(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    minutes = int(rng.integers(2, 60))
    return {"minutes": minutes}, {"minutes": number_words(minutes)}, {"ok": True}


def _alarm(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    hour, minute = int(rng.integers(1, 13)), int(choose(rng, (0, 0, 15, 30, 45)))
    time = f"{hour}:{minute:02d}"
    return {"time": time}, {"time": spoken(time)}, {"ok": True}


def _weather(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    city, sky, degrees = choose(rng, CITIES), choose(rng, SKIES), int(rng.integers(1, 36))
    slots = {
        "city": city,
        "sky": sky,
        "degrees": number_words(degrees) + (" degree" if degrees == 1 else " degrees"),
    }
    return {"city": city}, slots, {"sky": sky, "degrees": degrees}


def _music(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    what = choose(rng, MUSIC)
    return {"what": what}, {"what": what}, {"ok": True}


def _light(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    room, on = choose(rng, ROOMS), bool(rng.random() < 0.5)
    return {"room": room, "on": on}, {"room": room, "on": "on" if on else "off"}, {"ok": True}


def _message(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    name, text = choose(rng, facts.FIRST_NAMES), choose(rng, MESSAGES)
    return {"to": name, "text": text}, {"to": name, "text": text}, {"ok": True}


def _note(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    text = choose(rng, NOTES)
    return {"text": text}, {"text": text}, {"ok": True}


def _volume(rng: Generator) -> tuple[Values, dict[str, str], Values]:
    percent = 5 * int(rng.integers(1, 20))
    return {"percent": percent}, {"percent": number_words(percent)}, {"ok": True}


TOOLS = (
    Tool(
        "set_timer",
        ("minutes",),
        phrasing(
            "set_timer",
            """Set a timer for {minutes} minutes. | Start a timer of {minutes} minutes. | Timer for
            {minutes} minutes, please. | Wake me in {minutes} minutes. || Tell me when {minutes} minutes
            are over.""",
        ),
        "Your timer is set for {minutes} minutes.",
        "{minutes}",
        _timer,
    ),
    Tool(
        "set_alarm",
        ("time",),
        phrasing(
            "set_alarm",
            """Set an alarm for {time}. | Wake me up at {time}. | Please set the alarm to {time}. || I have
            to get up at {time}.""",
        ),
        "Your alarm is set for {time}.",
        "{time}",
        _alarm,
    ),
    Tool(
        "get_weather",
        ("city",),
        phrasing(
            "get_weather",
            """What is the weather in {city}? | How is the weather in {city}? | Tell me the weather in
            {city}. | What is it like outside in {city}? || Do I need a coat in {city}?""",
        ),
        "It is {sky} in {city}, {degrees}.",
        "{sky}",
        _weather,
    ),
    Tool(
        "play_music",
        ("what",),
        phrasing(
            "play_music",
            """Play {what}. | Please play {what}. | I want to hear {what}. | Put on {what}. || Let me
            listen to {what}.""",
        ),
        "Playing {what}.",
        "{what}",
        _music,
    ),
    Tool(
        "switch_light",
        ("room", "on"),
        phrasing(
            "switch_light",
            """Turn {on} the light in the {room}. | Switch {on} the {room} light. | Light {on} in the
            {room}, please. | Turn the {room} light {on}. || I want the {room} light {on}.""",
        ),
        "The {room} light is {on}.",
        "{on}",
        _light,
    ),
    Tool(
        "send_message",
        ("to", "text"),
        phrasing(
            "send_message",
            """Send {to} a message: {text}. | Write to {to}: {text}. | Tell {to}: {text}. | Message {to}:
            {text}. || Let {to} know: {text}.""",
        ),
        "I sent it to {to}.",
        "{to}",
        _message,
    ),
    Tool(
        "add_note",
        ("text",),
        phrasing(
            "add_note",
            """Make a note: {text}. | Remind me to {text}. | Write down: {text}. | Add to my list: {text}.
            || Do not let me forget to {text}.""",
        ),
        "I noted: {text}.",
        "{text}",
        _note,
    ),
    Tool(
        "set_volume",
        ("percent",),
        phrasing(
            "set_volume",
            """Set the volume to {percent} percent. | Volume {percent} percent. | Change the volume to
            {percent} percent. || I want the volume at {percent} percent.""",
        ),
        "The volume is {percent} percent.",
        "{percent}",
        _volume,
    ),
)


def tools_line(signatures: dict[str, tuple[str, ...]]) -> str:
    """Return the instructions that name the functions: "tools: get_weather(city) set_timer(minutes)"."""
    return "tools: " + " ".join(f"{name}({', '.join(arguments)})" for name, arguments in signatures.items())


def call_text(name: str, arguments: Values) -> str:
    """Return what the assistant says to call a function."""
    call = {"name": name, "arguments": arguments}
    return CALL + json.dumps(call, ensure_ascii=False, separators=(",", ":"))


def _request(rng: Generator, split: str, tool: Tool, offered: tuple[Tool, ...]) -> list[Turn]:
    """Return the turns of one request: asked, called, done, said; or asked and declined."""
    arguments, slots, result = tool.fill(rng)
    ask, template = tool.asks.draw(rng, split)
    asked = Turn("user", sentence(ask.format(**slots)), template=f"tools.{template}")
    if tool not in offered:
        return [asked, Turn("assistant", DECLINED, key="cannot")]
    called = call_text(tool.name, arguments)
    said = sentence(tool.answer.format(**slots))
    return [
        asked,
        Turn("assistant", called, key=called),
        Turn("tool", json.dumps(result, separators=(",", ":"))),
        Turn("assistant", said, key=tool.key.format(**slots).lower()),
    ]


def tools(rng: Generator, split: str = "train") -> Dialogue:
    """Make a conversation of one or two requests, one in ten for a function that is not offered."""
    order = [TOOLS[int(i)] for i in rng.permutation(len(TOOLS))]
    offered = tuple(order[: int(rng.integers(1, 5))])
    turns: list[Turn] = []
    for _ in range(1 + int(rng.random() < 0.3)):
        wanted = choose_by_share(rng, {"offered": 0.9, "missing": 0.1})
        tool = choose(rng, offered if wanted == "offered" else tuple(order[len(offered) :]))
        turns += _request(rng, split, tool, offered)
    template = "+".join(turn.template for turn in turns if turn.template)
    line = tools_line({tool.name: tool.arguments for tool in offered})
    return Dialogue(tuple(turns), "tools", template, follow_up=len(turns) > 4, instructions=line)


def tool_dialogues(seed: int, split: str = "train") -> Iterator[Dialogue]:
    """Yield conversations with calls without end, the same for the same seed."""
    rng = np.random.default_rng((seed, SPLITS.index(split)))
    while True:
        yield tools(rng, split)
