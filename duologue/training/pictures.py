"""Stage 2: the picture tokeniser, on drawings made on the fly."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from duologue.model.config import OmniConfig
from duologue.model.vision import PictureTokenizer
from duologue.training.loop import Losses
from duologue.training.synthesize.drawings import drawing


class PictureStage:
    """Descend the error of pixels and of their differences, so that edges stay sharp."""

    def __init__(self, config: OmniConfig, batch: int = 32, seed: int = 0) -> None:
        self.model = PictureTokenizer(config)
        self._batch, self._seed = batch, seed

    def batch(self, step: int) -> Tensor:
        """(B, 64, 64, 3) in [0, 1]."""
        return self._drawings(np.random.default_rng((self._seed, step)))

    def _drawings(self, rng: np.random.Generator) -> Tensor:
        made = np.stack([drawing(rng).image for _ in range(self._batch)])
        return torch.from_numpy(made).float() / 255

    def losses(self, batch: Tensor, device: torch.device) -> Losses:
        pixels = batch.to(device)
        values, _ = self.model.encode(pixels)
        made = self.model.from_values(values).float()
        error = (made - pixels).abs().mean() + 2.0 * F.mse_loss(made, pixels)
        edges = (made.diff(dim=1) - pixels.diff(dim=1)).abs().mean() + (
            made.diff(dim=2) - pixels.diff(dim=2)
        ).abs().mean()
        return {"total": error + edges, "error": (made - pixels).abs().mean()}

    @torch.no_grad()
    def check(self, device: torch.device) -> dict[str, float]:
        return {
            name: loss.item()
            for name, loss in self.losses(
                self._drawings(np.random.default_rng((self._seed, 1 << 40))), device
            ).items()
        }
