"""The codec's laws: frame by frame equals the whole, it looks at no future, it forgets after eight frames."""

import torch

from duologue.model.layers import Quantizer
from tests.model.tiny import CONFIG, tiny_parts

PARTS = tiny_parts()
CODES = torch.randint(
    0, CONFIG.code_size, (2, 14, CONFIG.code_groups), generator=torch.Generator().manual_seed(1)
)
VOICE = torch.tensor([[0], [1]]).expand(2, 14)


@torch.no_grad()
def test_frame_by_frame_equals_the_whole() -> None:
    whole, last = PARTS.vocoder(CODES, VOICE, PARTS.vocoder.silence(2))
    state, pieces = PARTS.vocoder.silence(2), []
    for at in range(14):
        sound, state = PARTS.vocoder(CODES[:, at : at + 1], VOICE[:, at : at + 1], state)
        pieces.append(sound)
    torch.testing.assert_close(torch.cat(pieces, 1), whole, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(state, last, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_vocoder_forgets_after_its_memory() -> None:
    long, _ = PARTS.vocoder(CODES, VOICE, PARTS.vocoder.silence(2))
    skipped = 14 - CONFIG.vocode_memory - 1
    short, _ = PARTS.vocoder(CODES[:, skipped:], VOICE[:, skipped:], PARTS.vocoder.silence(2))
    torch.testing.assert_close(short[:, -1280:], long[:, -1280:], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_codes_do_not_know_the_future() -> None:
    mel = torch.randn(1, 80, 80)
    changed = mel.clone()
    changed[:, 48:] += 1.0
    assert torch.equal(PARTS.encoder(mel)[1][:, :6], PARTS.encoder(changed)[1][:, :6])


def test_rounded_values_and_codes_are_the_same_thing() -> None:
    quantizer = Quantizer(3, (8, 8, 8))
    values, codes = quantizer(torch.randn(4, 5, 9) * 3)
    torch.testing.assert_close(quantizer.decode(codes), values)
    assert codes.min() >= 0
    assert codes.max() < quantizer.size == 512


def test_a_gradient_passes_the_rounding() -> None:
    x = torch.zeros(1, 3, requires_grad=True)
    Quantizer(1, (8, 8, 8))(x)[0].sum().backward()
    assert (x.grad != 0).all()  # type: ignore[union-attr]


@torch.no_grad()
def test_a_picture_and_its_tokens() -> None:
    values, tokens = PARTS.pictures.encode(torch.rand(2, 64, 64, 3))
    assert tokens.shape == (2, 64)
    torch.testing.assert_close(
        PARTS.pictures(tokens), PARTS.pictures.from_values(values), atol=1e-5, rtol=1e-4
    )
