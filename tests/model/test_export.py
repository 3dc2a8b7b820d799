"""torch and ONNX give the same numbers, and released weights can be trained on."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from duologue.model.checkpoint import Parts, load_released
from duologue.model.export import export, largest_difference
from tests.model.tiny import CONFIG, tiny_parts


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Parts, Path, Path]:
    parts = tiny_parts()
    folder = tmp_path_factory.mktemp("released")
    return parts, export(parts, folder / "plain", "1", int8=False), export(parts, folder / "int8", "1")


def test_float_graphs_are_equal(released: tuple[Parts, Path, Path]) -> None:
    parts, plain, _ = released
    difference = largest_difference(parts, plain)
    assert difference.pop("codes_out") == 0
    assert max(difference.values()) < 1e-4, difference


def test_int8_graphs_are_close(released: tuple[Parts, Path, Path]) -> None:
    parts, _, int8 = released
    difference = largest_difference(parts, int8)
    difference.pop("codes_out")  # a code may tip over
    assert max(difference.values()) < 0.6, difference
    assert (int8 / "step.onnx").stat().st_size < 0.5 * (released[1] / "step.onnx").stat().st_size


def test_the_vocoder_is_equal_in_any_number_of_frames(released: tuple[Parts, Path, Path]) -> None:
    parts, plain, _ = released
    session = onnxruntime.InferenceSession(plain / "vocode.onnx")
    for B, T in ((1, 1), (3, 5)):
        codes, voice = (
            torch.randint(0, CONFIG.code_size, (B, T, CONFIG.code_groups)),
            torch.zeros(B, T, dtype=torch.int64),
        )
        state = torch.randn(B, parts.vocoder.state_size) * 0.1
        with torch.no_grad():
            ours = parts.vocoder(codes, voice, state)
        theirs = session.run(None, {"codes": codes.numpy(), "voice": voice.numpy(), "state": state.numpy()})
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.numpy(), b, atol=1e-4)


def test_drawing_is_equal(released: tuple[Parts, Path, Path]) -> None:
    parts, plain, _ = released
    tokens = torch.randint(0, CONFIG.image_size, (2, 64))
    (pixels,) = onnxruntime.InferenceSession(plain / "draw.onnx").run(None, {"tokens": tokens.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(pixels, parts.pictures(tokens).numpy(), atol=1e-5)


def test_released_weights_come_back(released: tuple[Parts, Path, Path]) -> None:
    parts, plain, int8 = released
    for folder, near in ((plain, 0.0), (int8, 0.05)):
        back = load_released(folder)
        assert back.config == CONFIG
        for ours, theirs in (
            (parts.omni, back.omni),
            (parts.vocoder, back.vocoder),
            (parts.pictures, back.pictures),
            (parts.encoder, back.encoder),
        ):
            for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
                torch.testing.assert_close(a, b, atol=near, rtol=0)
