"""Pictures: pixels -> patches the network reads, and drawn tokens <-> a 64 x 64 picture."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duologue.model.config import OmniConfig
from duologue.model.layers import Quantizer
from duologue.model.patches import DRAWN_SIDE, PATCH_VALUES, PLACES

LEVELS = (8, 5, 5, 5)


class PatchReader(nn.Module):
    """Patches (B, T, 768) and their places (B, T, 2) -> embeddings (B, T, D)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(PATCH_VALUES, width)
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.row = nn.Embedding(PLACES, width)
        self.column = nn.Embedding(PLACES, width)

    def forward(self, patch: Tensor, place: Tensor) -> Tensor:
        seen: Tensor = self.mix(F.gelu(self.norm(self.enter(patch * 2.0 - 1.0))))
        return seen + self.place(place)

    def place(self, place: Tensor) -> Tensor:
        """Where (B, T, 2) a patch is, or a token to be drawn -> (B, T, D)."""
        embedded: Tensor = self.row(place[..., 0]) + self.column(place[..., 1])
        return embedded


class PictureTokenizer(nn.Module):
    """A 64 x 64 picture <-> 64 tokens of one FSQ code each, a token for 8 x 8 pixels and its surroundings."""

    def __init__(self, config: OmniConfig, width: int = 96) -> None:
        super().__init__()
        self.quantizer = Quantizer(1, LEVELS)
        assert self.quantizer.size == config.image_size, f"{self.quantizer.size=} but {config.image_size=}"
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.GELU(),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(2 * width, len(LEVELS), 1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(len(LEVELS), 2 * width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(2 * width, 4 * width, 1),
            nn.PixelShuffle(2),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(width, 48, 1),
            nn.PixelShuffle(4),
        )

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """pixels (B, 64, 64, 3) in [0, 1] -> (values (B, 8, 8, dims), tokens (B, 64) in raster order)."""
        values, codes = self.quantizer(self.encoder(pixels.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))
        return values, codes.flatten(1)

    def from_values(self, values: Tensor) -> Tensor:
        return torch.sigmoid(self.decoder(values.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (B, 64) -> pixels (B, 64, 64, 3) in [0, 1]."""
        return self.from_values(self.quantizer.decode(tokens.view(-1, DRAWN_SIDE, DRAWN_SIDE, 1)))
