"""The network's laws: step by step equals the whole, the ring buffer equals no buffer, minds do not mix."""

import pytest
import torch
from torch import Tensor

from duologue.model.config import OmniConfig
from duologue.model.omni import Inputs, Past, visible
from tests.model.tiny import CONFIG, part_of, random_inputs, tiny_parts

OMNI = tiny_parts().omni


@torch.no_grad()
def run(inputs: Inputs, chop: int) -> Tensor:
    """Text logits of all positions, fed `chop` at a time through the ring buffer."""
    B, T = inputs.kind.shape
    W = CONFIG.cache_slots
    keys, values = torch.zeros(2, CONFIG.layers, B, W, 64)
    past = Past(torch.full((B, W), -1), keys, values)
    logits = []
    for at in range(0, T, chop):
        part = part_of(inputs, at, at + chop)
        noise = torch.zeros(*part.kind.shape, CONFIG.code_groups, CONFIG.code_size)
        text, *_, columns = OMNI(part, past, noise)
        slots = part.position[0] % W
        keys[:, :, slots], values[:, :, slots] = columns.chunk(2, -1)
        past.slots[:, slots] = part.position
        logits.append(text)
    return torch.cat(logits, 1)


@torch.no_grad()
def whole(inputs: Inputs) -> Tensor:
    """The same in one go, as training sees it, with the window as a mask."""
    T = inputs.kind.shape[1]
    at = torch.arange(T)
    seen = (at[None] <= at[:, None]) & (at[None] > at[:, None] - CONFIG.window)
    state, _ = OMNI.states(inputs, seen.expand(len(inputs.kind), T, T))
    return OMNI.text_logits(state)


@pytest.mark.parametrize("chop", [1, 5])
def test_streaming_equals_whole_beyond_the_ring(chop: int) -> None:
    inputs = random_inputs(2, 3 * CONFIG.cache_slots - 6)
    torch.testing.assert_close(run(inputs, chop), whole(inputs), atol=2e-4, rtol=1e-3)


def test_a_position_does_not_know_the_future() -> None:
    one, two = random_inputs(1, 12, seed=1), random_inputs(1, 12, seed=2)
    mixed = Inputs(*(torch.cat([a[:, :7], b[:, 7:]], 1) for a, b in zip(one, two, strict=True)))
    mixed = mixed._replace(position=one.position)
    torch.testing.assert_close(whole(mixed)[:, :7], whole(one)[:, :7], atol=1e-5, rtol=1e-4)


def test_a_batch_is_each_alone() -> None:
    inputs = random_inputs(3, 10)
    alone = torch.cat([run(Inputs(*(array[row : row + 1] for array in inputs)), 1) for row in range(3)])
    torch.testing.assert_close(run(inputs, 1), alone, atol=1e-4, rtol=1e-3)


def test_what_a_position_may_see() -> None:
    slots = torch.tensor([[8, 5, 6, -1]])
    seen = visible(torch.tensor([[9, 10]]), slots, window=4)
    assert seen.tolist() == [
        [[True, False, True, False, True, False], [True, False, False, False, True, True]]
    ]


@torch.no_grad()
def test_the_likeliest_codes_are_those_of_teacher_forcing() -> None:
    state = torch.randn(4, CONFIG.width)
    codes = OMNI.depth.sample(state, torch.zeros(4, CONFIG.code_groups, CONFIG.code_size))
    assert torch.equal(OMNI.depth(state, codes).argmax(-1), codes)


@torch.no_grad()
def test_noise_chooses_the_codes() -> None:
    noise = torch.zeros(1, CONFIG.code_groups, CONFIG.code_size)
    noise[0, :, 77] = 1e4
    assert OMNI.depth.sample(torch.randn(1, CONFIG.width), noise).tolist() == [[77] * CONFIG.code_groups]


def test_one_dial() -> None:
    nano, big = OmniConfig.from_depth(9, ("a",)), OmniConfig.from_depth(20, ("a",))
    assert (nano.layers, nano.width, nano.heads) == (9, 448, 7)
    assert big.width == 960
    assert OmniConfig.from_json(nano.to_json() | {"version": "1"}) == nano
    with pytest.raises(ValueError, match="depth is 0"):
        OmniConfig.from_depth(0, ("a",))
