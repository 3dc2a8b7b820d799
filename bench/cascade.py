"""What people would otherwise run on a laptop: a recogniser, a language model and a synthesiser in a row.

The smallest ones in use, at their true shapes: whisper-tiny, SmolLM2-135M, VITS. Their weights are random,
which changes the words and not the time, so nothing is downloaded. A timer of silence ends the turn.
"""

# transformers leaves its constructors untyped.
# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    VitsConfig,
    VitsModel,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

SILENCE_MS = 500.0  # the timer that voice pipelines wait by default before they answer
NUM_TOKENS = 12  # of the transcript and of the answer: one short sentence each
PROMPT_TOKENS = 40  # a system prompt of one line, the question, and the chat's marks
CHARACTERS = 45  # of the answer; VITS puts a blank between them
SPOKEN_S = 2.5  # of sound for the answer


@dataclass(frozen=True, slots=True)
class Cascade:
    """Milliseconds from the end of speech to the first sample of the answer, median of the repeats."""

    transcribe_ms: float
    think_ms: float
    speak_ms: float
    threads: int
    repeats: int

    @property
    def compute_ms(self) -> float:
        return self.transcribe_ms + self.think_ms + self.speak_ms

    @property
    def first_sound_ms(self) -> float:
        return SILENCE_MS + self.compute_ms


def measure(threads: int, repeats: int = 5) -> Cascade:
    """Time each part in turn on `threads` threads, after one run that warms it up."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    parts = (_transcriber(), _thinker(), _speaker())
    transcribe, think, speak = (_median_ms(part, repeats) for part in parts)
    return Cascade(transcribe, think, speak, threads, repeats)


def _median_ms(part: Callable[[], object], repeats: int) -> float:
    part()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        part()
        times.append(time.perf_counter() - start)
    return 1000.0 * float(np.median(times))


def _transcriber() -> Callable[[], object]:
    """3 s of sound to 12 tokens; whisper fills every input up to 30 s."""
    # The defaults of WhisperConfig are whisper-tiny's.
    model = WhisperForConditionalGeneration(WhisperConfig()).eval()
    features = WhisperFeatureExtractor()
    sound = np.random.default_rng(0).normal(0, 0.05, 48_000).astype(np.float32)
    start = torch.tensor([[50_258, 50_259, 50_359, 50_363]])  # start of transcript, en, transcribe, no times

    @torch.no_grad()
    def run() -> object:
        inputs = features(sound, sampling_rate=16_000, return_tensors="pt").input_features
        encoded = model.get_encoder()(inputs)
        return _generate(model, start, encoder_outputs=encoded)

    return run


def _thinker() -> Callable[[], object]:
    """A prompt of 40 tokens to 12."""
    config = LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config).eval()
    prompt = torch.randint(10, 49_000, (1, PROMPT_TOKENS))

    @torch.no_grad()
    def run() -> object:
        return _generate(model, prompt)

    return run


def _generate(
    model: WhisperForConditionalGeneration | LlamaForCausalLM, start: torch.Tensor, **given: object
) -> torch.Tensor:
    """12 tokens, greedy, with the model's own cache: what `generate` does, without its checks."""
    name = "decoder_input_ids" if "encoder_outputs" in given else "input_ids"
    tokens, cache = start, None
    for _ in range(NUM_TOKENS):
        out = model(**{name: tokens}, past_key_values=cache, use_cache=True, **given)
        cache, tokens = out.past_key_values, out.logits[:, -1:].argmax(-1)
    return tokens


def _speaker() -> Callable[[], object]:
    """45 characters to 2.5 s of sound; VITS gives all of it at once."""
    # The defaults of VitsConfig are those of the published English voices; 16 kHz.
    model = VitsModel(VitsConfig(use_stochastic_duration_prediction=False)).eval()
    text = torch.randint(1, 37, (1, 2 * CHARACTERS + 1))

    @torch.no_grad()
    def run() -> object:
        return model(text).waveform

    # Random weights speak at a random pace: set it so that the sentence takes as long as a real one.
    for _ in range(3):
        model.speaking_rate *= run().shape[-1] / (SPOKEN_S * model.config.sampling_rate)  # type: ignore[attr-defined]
    return run


def table(found: Cascade, ours_ms: float | None, ratio: float | None) -> list[list[str]]:
    """Rows of the section, the head first."""
    return [
        ["end of speech to first sample", "measured"],
        ["waits for silence", f"{SILENCE_MS:.0f} ms"],
        ["whisper-tiny shape, 12 tokens", f"{found.transcribe_ms:.0f} ms"],
        ["SmolLM2-135M shape, 12 tokens", f"{found.think_ms:.0f} ms"],
        ["VITS shape, 2.5 s of speech", f"{found.speak_ms:.0f} ms"],
        ["the cascade", f"{found.first_sound_ms:.0f} ms"],
        ["ours, p50", "—" if ours_ms is None else f"{ours_ms:.0f} ms"],
        ["the cascade over ours", "—" if ratio is None else f"{ratio:.1f} times"],
    ]
