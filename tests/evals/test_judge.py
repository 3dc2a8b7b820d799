import shutil

import numpy as np
import pytest

from duologue.evals.compare import normal
from duologue.evals.judge import Judge

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite speaks the reference sentences")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


@needs_flite
def test_the_judge_understands_reference_speech_at_any_level_and_in_any_order(judge: Judge) -> None:
    from duologue.training.synthesize.voices import speak

    text = "I am happy to hear that."
    samples = speak(text, "flite-rms").samples
    assert normal(judge.hear(samples)) == normal(text)
    judge.hear(np.random.default_rng(0).normal(0, 0.1, 4000).astype(np.float32))
    assert normal(judge.hear(samples * 0.1)) == normal(text)


@pytest.mark.parametrize("length", [0, 1, 100, 16000])
def test_silence_has_no_words(judge: Judge, length: int) -> None:
    assert judge.hear(np.zeros(length, np.float32)) == ""
