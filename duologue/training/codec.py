"""Stage 1: the codec. Own voices in, the same sound out; what lies between becomes the network's speech.

Losses: log-mel L1 at three sizes and log-magnitude spectra at three more (HiFi-GAN and Parallel WaveGAN
without their discriminators, which a processor cannot afford).
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from duologue.model.codec import Encoder, Vocoder
from duologue.model.config import OmniConfig
from duologue.model.mel import FRAME_SAMPLES, PAST, SAMPLE_RATE, columns
from duologue.training.loop import Losses
from duologue.training.speech import Speech

CROP_FRAMES = 16  # 1.28 s
LEAD_FRAMES = 4  # of real past before the crop, so that the state is as in the middle of a reply
SIZES = (256, 512, 1024)  # of the spectra, in samples


class Codec(nn.Module):
    """Encoder and vocoder as they are trained together."""

    def __init__(self, config: OmniConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.vocoder = Vocoder(config)

    def forward(self, mel: Tensor, voice: Tensor) -> Tensor:
        """mel (B, 8 T, 80), voice (B,) -> sound (B, 1280 T)."""
        values, _ = self.encoder(mel)
        voices = voice[:, None].expand(values.shape[:2])
        sound: Tensor = self.vocoder.from_values(values, voices, self.vocoder.silence(len(voice)))[0]
        return sound

    @torch.no_grad()
    def encode(self, samples: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the codes (T, G) of a signal that silence precedes; its last frame is filled with zeros."""
        count = -(-len(samples) // FRAME_SAMPLES)
        whole = np.zeros(PAST + count * FRAME_SAMPLES, np.float32)
        whole[PAST : PAST + len(samples)] = samples
        _, codes = self.encoder(torch.from_numpy(columns(whole))[None])
        found: NDArray[np.int64] = codes[0].numpy().astype(np.int64)
        return found


class CodecStage:
    """Crops of own speech, drawn at random by the step."""

    def __init__(
        self,
        config: OmniConfig,
        speech: Sequence[Speech],
        held_out: Sequence[Speech],
        batch: int = 16,
        seed: int = 0,
    ) -> None:
        self.model = Codec(config)
        self._voices = {name: index for index, name in enumerate(config.voices)}
        self._speech, self._held_out, self._batch, self._seed = speech, held_out, batch, seed

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """mel (B, 8 T, 80), sound (B, 1280 T), voice (B,)."""
        rng = np.random.default_rng((self._seed, step))
        picked = [self._speech[i] for i in rng.integers(len(self._speech), size=self._batch)]
        return self._crops(picked, rng)

    def _crops(self, picked: Sequence[Speech], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        length = (LEAD_FRAMES + CROP_FRAMES) * FRAME_SAMPLES
        crops = np.zeros((len(picked), PAST + length), np.float32)
        for row, speech in zip(crops, picked, strict=True):
            samples = speech.samples * 10 ** (rng.uniform(-3, 3) / 20)
            start = int(rng.integers(-FRAME_SAMPLES, max(1, len(samples) - length // 2)))
            cut = samples[max(0, start) : start + length]
            at = PAST + max(0, -start)
            row[at : at + len(cut)] = cut[: len(row) - at]
        voice = torch.tensor([self._voices[speech.voice] for speech in picked])
        return torch.from_numpy(columns(crops)), torch.from_numpy(crops[:, PAST:]), voice

    def losses(self, batch: tuple[Tensor, Tensor, Tensor], device: torch.device) -> Losses:
        mel, sound, voice = (part.to(device) for part in batch)
        lead = LEAD_FRAMES * FRAME_SAMPLES
        return spectral_losses(self.model(mel, voice)[:, lead:].float(), sound[:, lead:])

    @torch.no_grad()
    def check(self, device: torch.device) -> dict[str, float]:
        rng = np.random.default_rng(1)
        batch = self._crops([self._held_out[i % len(self._held_out)] for i in range(32)], rng)
        return {name: value.item() for name, value in self.losses(batch, device).items()}


def spectral_losses(made: Tensor, true: Tensor) -> Losses:
    """Sound (B, n) against sound: mean absolute differences of log-mels and of log spectra."""
    with torch.autocast(made.device.type, enabled=False):
        mel = spectrum = made.new_zeros(())
        for size in SIZES:
            ours, theirs = _magnitude(made, size), _magnitude(true, size)
            bank = _bank(size).to(made.device)
            mel = mel + ((ours @ bank + 1e-4).log() - (theirs @ bank + 1e-4).log()).abs().mean()
            spectrum = spectrum + ((ours + 1e-3).log() - (theirs + 1e-3).log()).abs().mean()
            spectrum = spectrum + (ours - theirs).norm() / (theirs.norm() + 1e-3)
    return {"total": mel + 0.5 * spectrum, "mel": mel / len(SIZES), "spectrum": spectrum / len(SIZES)}


def _magnitude(sound: Tensor, size: int) -> Tensor:
    window = torch.hann_window(size, device=sound.device)
    spectra = torch.stft(sound, size, size // 4, window=window, center=False, return_complex=True)
    return torch.view_as_real(spectra).square().sum(-1).add(1e-7).sqrt().transpose(1, 2)


@cache
def _bank(size: int) -> Tensor:
    """Triangular mel filters (size / 2 + 1, bands), fewer bands for the coarser spectra."""
    bands = {256: 32, 512: 56, 1024: 80}[size]
    bins = torch.linspace(0, SAMPLE_RATE / 2, size // 2 + 1)[:, None]
    top = 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, float(top), bands + 2) / 2595) - 1)
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = torch.minimum(rise, fall).clamp(min=0)
    return filters / filters.sum(0, keepdim=True).clamp(min=1e-3)
