import json
from itertools import islice

import pytest

from duologue.training.synthesize.dialogue import SPLITS
from duologue.training.synthesize.tools import CALL, DECLINED, TOOLS, tool_dialogues, tools_line


@pytest.mark.parametrize("split", SPLITS)
def test_calls_are_json_for_a_function_that_is_offered(split: str) -> None:
    arguments = {tool.name: tool.arguments for tool in TOOLS}
    for talk in islice(tool_dialogues(1, split), 200):
        for turn in talk.turns:
            if turn.text.startswith(CALL):
                call = json.loads(turn.text.removeprefix(CALL))
                assert f"{call['name']}(" in talk.instructions
                assert tuple(call["arguments"]) == arguments[call["name"]]
            elif turn.role == "tool":
                json.loads(turn.text)
            else:
                assert not any(letter.isdigit() for letter in turn.text)


def test_a_function_that_is_not_offered_is_declined() -> None:
    declined = 0
    for talk in islice(tool_dialogues(2), 300):
        for asked, answer in zip(talk.turns, talk.turns[1:], strict=False):
            if answer.text == DECLINED:
                name = asked.template.split(".")[1].split("/")[0]
                assert f"{name}(" not in talk.instructions
                declined += 1
    assert declined > 10


def test_splits_share_no_template() -> None:
    seen, unseen = (
        {part for t in islice(tool_dialogues(1, s), 200) for part in t.template.split("+")} for s in SPLITS
    )
    assert not seen & unseen


def test_instructions_name_the_functions() -> None:
    assert tools_line({"f": ("x", "y"), "g": ()}) == "tools: f(x, y) g()"


def test_the_same_seed_gives_the_same_calls() -> None:
    assert list(islice(tool_dialogues(4), 20)) == list(islice(tool_dialogues(4), 20))
