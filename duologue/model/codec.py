"""The codec: sound <-> codes, 12.5 frames a second, causal. `Vocoder` makes the network's codes sound.

Encoder: log-mel columns -> ConvNeXt -> one vector per 80 ms -> FSQ. Used in training only.
Vocoder: codes and voice -> ConvNeXt -> spectra -> overlap-add (iSTFT head: Siuzdak 2023), frame by frame.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duologue.model.config import OmniConfig
from duologue.model.layers import ConvBlock, Quantizer
from duologue.model.mel import BANDS, COLUMNS, HOP

LEVELS = (8, 8, 8)
KERNEL = 7  # columns or hops that one block looks at
FFT = 640  # 40 ms spectra; each adds to four hops
OVERLAP = FFT - HOP


class Encoder(nn.Module):
    """Log-mel columns (B, 8 T, 80) -> (rounded values (B, T, dims), codes (B, T, G)), from silence."""

    def __init__(self, config: OmniConfig) -> None:
        super().__init__()
        width = config.codec_width
        self.quantizer = Quantizer(config.code_groups, LEVELS)
        self.enter = nn.Linear(BANDS, width)
        self.blocks = nn.ModuleList(ConvBlock(width, KERNEL) for _ in range(3))
        self.gather = nn.Linear(COLUMNS * width, 2 * width)
        self.frame = ConvBlock(2 * width, kernel=3, expand=2)
        self.leave = nn.Linear(2 * width, self.quantizer.dims)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        B, columns, _ = mel.shape
        x = self.enter(mel).transpose(1, 2)
        for block in self.blocks:
            x = block(x, x.new_zeros(B, x.shape[1], KERNEL - 1))[0]
        x = x.transpose(1, 2).reshape(B, columns // COLUMNS, -1)
        x = F.gelu(self.gather(x)).transpose(1, 2)
        x, _ = self.frame(x, x.new_zeros(B, x.shape[1], self.frame.depthwise.memory))
        values, codes = self.quantizer(self.leave(x.transpose(1, 2)))
        return values, codes


class Vocoder(nn.Module):
    """Codes (B, T, G) and voices (B, T) -> sound (B, 1280 T); the state is (B, S), zeros = silence."""

    synthesis: Tensor

    def __init__(self, config: OmniConfig) -> None:
        super().__init__()
        width = config.codec_width
        self.quantizer = Quantizer(config.code_groups, LEVELS)
        self.enter = nn.Linear(self.quantizer.dims, 2 * width)
        self.voice = nn.Embedding(len(config.voices), 2 * width)
        self.frames = nn.ModuleList(ConvBlock(2 * width, kernel=3, expand=2) for _ in range(2))
        self.spread = nn.Linear(2 * width, COLUMNS * width)
        self.blocks = nn.ModuleList(ConvBlock(width, KERNEL) for _ in range(4))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, 2 * (FFT // 2 + 1))
        self.register_buffer("synthesis", _inverse_dft(), persistent=False)
        shapes = [(block.depthwise.in_channels, block.depthwise.memory) for block in self._blocks()]
        self.shapes = [*shapes, (1, OVERLAP)]
        self.state_size = sum(a * b for a, b in self.shapes)

    def _blocks(self) -> list[ConvBlock]:
        return [block for block in [*self.frames, *self.blocks] if isinstance(block, ConvBlock)]

    def forward(self, codes: Tensor, voice: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return self.from_values(self.quantizer.decode(codes), voice, state)

    def from_values(self, values: Tensor, voice: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The same from rounded values (B, T, dims), so that a gradient reaches the encoder."""
        B, T, _ = values.shape
        *pasts, tail = self._unpack(state)
        x = (self.enter(values) + self.voice(voice)).transpose(1, 2)
        kept: list[Tensor] = []
        for at, block in enumerate(self._blocks()):
            if at == len(self.frames):
                x = self.spread(x.transpose(1, 2)).reshape(B, T * COLUMNS, -1).transpose(1, 2)
            x, past = block(x, pasts[at])
            kept.append(past)
        spectra = self.leave(self.norm(x.transpose(1, 2))).float()
        sound, tail = self._overlap_add(spectra, tail)
        return sound, torch.cat([past.flatten(1) for past in [*kept, tail]], 1)

    def _unpack(self, state: Tensor) -> list[Tensor]:
        parts = torch.split(state, [a * b for a, b in self.shapes], 1)
        return [part.view(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def _overlap_add(self, spectra: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra (B, N, 2 x 321) as log-magnitude and phase -> (sound (B, 160 N), next tail (B, 1, 480))."""
        log_magnitude, phase = spectra.chunk(2, -1)
        magnitude = log_magnitude.clamp(max=6.0).exp()
        parts = torch.cat([magnitude * phase.cos(), magnitude * phase.sin()], -1) @ self.synthesis
        N = parts.shape[1]
        hops = parts.view(-1, N, FFT // HOP, HOP)  # quarter k of spectrum i sounds in hop i + k
        late = [F.pad(hops[:, :, k], (0, 0, k, FFT // HOP - 1 - k)) for k in range(FFT // HOP)]
        whole = late[0] + late[1] + late[2] + late[3]
        flat = whole.flatten(1)
        flat = flat + F.pad(tail[:, 0], (0, N * HOP))
        return flat[:, : N * HOP], flat[:, None, N * HOP :]

    def silence(self, batch: int) -> Tensor:
        return next(self.parameters()).new_zeros(batch, self.state_size)


def _inverse_dft() -> Tensor:
    """The real inverse DFT of 321 bins with its Hann window, (642, 640): a product that ONNX knows."""
    time = torch.arange(FFT, dtype=torch.float64)
    angle = 2 * math.pi * torch.arange(FFT // 2 + 1, dtype=torch.float64)[:, None] * time / FFT
    weight = torch.full((FFT // 2 + 1, 1), 2.0, dtype=torch.float64)
    weight[0] = weight[-1] = 1.0
    basis = torch.cat([weight * angle.cos(), -weight * angle.sin()]) / FFT
    window = torch.hann_window(FFT, dtype=torch.float64)
    return (basis * window).float()
