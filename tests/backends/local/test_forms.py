"""Whatever the network would like to say, a form gives JSON of its schema, within the tokens there are."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.backends.contract import Tool
from duologue.backends.local.forms import LONGEST_STRING, MOST_DIGITS, Form, Grammars
from duologue.errors import BadInput
from duologue.model.tokens import END
from tests.backends.local.fakes import small_vocabulary

VOCABULARY = small_vocabulary()
GRAMMARS = Grammars(VOCABULARY)
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "mood": {"enum": ["happy", "sad"]},
        "friends": {"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 1},
    },
    "required": ["name", "age", "mood", "friends"],
    "additionalProperties": False,
}
SHORT = '{"name":"","age":0,"mood":"happy","friends":["00"]}'
WEATHER = Tool(
    "get_weather",
    parameters='{"type":"object","properties":{"city":{"type":"string"},"days":{"$ref":"#/$defs/few"}},'
    '"required":["city"],"additionalProperties":false,"$defs":{"few":{"enum":[1,2]}}}',
)
CLOCK = Tool("get_time", parameters='{"type":"object","properties":{},"additionalProperties":false}')


def write(form: Form, wishes: list[int], left: int) -> tuple[str, bool]:
    """Choose the first allowed token from each wish on; return the text, and whether it came to its end."""
    tokens: list[int] = []
    for at in range(left + 1):
        allowed = np.flatnonzero(form.allowed())
        wish = wishes[at % len(wishes)]
        token = int(allowed[np.searchsorted(allowed, wish) % len(allowed)])
        token = form.within(token, left - at)
        form.take(token)
        if token == END:
            return VOCABULARY.decode(tokens), True
        tokens.append(token)
    return VOCABULARY.decode(tokens), False


def is_person(found: Any) -> bool:
    return (
        found.keys() == PERSON["properties"].keys()  # type: ignore[attr-defined]
        and isinstance(found["name"], str)
        and isinstance(found["age"], int)
        and found["mood"] in ("happy", "sad")
        and all(len(friend) >= 2 for friend in found["friends"])
    )


wish_lists = st.lists(st.integers(0, VOCABULARY.size - 1), min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(wish_lists, st.integers(len(SHORT), 120))
def test_json_of_a_schema_is_finished_in_time(wishes: list[int], left: int) -> None:
    text, ended = write(GRAMMARS.of_schema(json.dumps(PERSON)), wishes, left)
    assert ended
    assert is_person(json.loads(text))


@settings(max_examples=40, deadline=None)
@given(wish_lists, st.integers(2, 60))
def test_any_object_is_finished_in_time(wishes: list[int], left: int) -> None:
    text, ended = write(GRAMMARS.of_schema('{"type": "object"}'), wishes, left)
    assert ended
    assert isinstance(json.loads(text), dict)


def test_what_cannot_be_finished_in_time_goes_the_shortest_way() -> None:
    text, ended = write(GRAMMARS.of_schema(json.dumps(PERSON)), [100], 10)
    assert not ended
    assert text.startswith('{"name":""')


@settings(max_examples=40, deadline=None)
@given(wish_lists)
def test_a_call_is_one_of_the_tools_with_its_own_arguments(wishes: list[int]) -> None:
    text, ended = write(GRAMMARS.of_calls([WEATHER, CLOCK]), wishes, 100)
    assert ended
    call = json.loads(text)
    if call["name"] == "get_time":
        assert call["arguments"] == {}
    else:
        assert call["name"] == "get_weather"
        assert isinstance(call["arguments"]["city"], str)
        assert call["arguments"].get("days", 1) in (1, 2)


@settings(max_examples=40, deadline=None)
@given(wish_lists)
def test_no_arguments_are_made_up(wishes: list[int]) -> None:
    inner = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 5}}}
    parameters = {"type": "object", "properties": {"days": {"type": "integer"}, "where": inner}}
    text, ended = write(GRAMMARS.of_calls([Tool("plan", "", json.dumps(parameters))]), wishes, 100)
    assert ended
    arguments = json.loads(text)["arguments"]
    assert arguments.keys() <= {"days", "where"}
    assert arguments.get("where", {}).keys() <= {"city"}


def test_the_one_tool_that_is_wanted() -> None:
    text, _ = write(GRAMMARS.of_calls([WEATHER, CLOCK], only="get_time"), [50], 100)
    assert text == '{"name":"get_time","arguments":{}}'


def test_a_number_and_a_string_do_not_go_on_for_ever() -> None:
    digit, letter = VOCABULARY.encode("7")[0], VOCABULARY.encode("a")[0]
    number, _ = write(GRAMMARS.of_schema('{"type": "number"}'), [digit], 500)
    assert len(number) <= MOST_DIGITS
    text, ended = write(GRAMMARS.of_schema('{"type": "string"}'), [letter], 3 * LONGEST_STRING)
    assert ended
    assert len(text) <= LONGEST_STRING + 10


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ("nope", "no JSON object"),
        ("[1]", "no JSON object"),
        ('{"type": "frob"}', "frob"),
        ('{"not": {"type": "string"}}', "not"),
        ('{"$ref": "#/missing"}', "missing"),
    ],
)
def test_a_schema_that_cannot_be_followed(schema: str, word: str) -> None:
    with pytest.raises(BadInput, match=word) as caught:
        GRAMMARS.of_schema(schema)
    assert "\n" not in str(caught.value)


def test_tools_that_cannot_be_called() -> None:
    with pytest.raises(BadInput, match="get_weather"):
        GRAMMARS.of_calls([WEATHER], only="fly")
    with pytest.raises(BadInput, match="none"):
        GRAMMARS.of_calls([])
    with pytest.raises(BadInput, match="'fly'"):
        GRAMMARS.of_calls([Tool("fly", parameters="[]")])
    GRAMMARS.of_calls([Tool("walk", parameters='{"not": {}}')])  # a tool is not strict
