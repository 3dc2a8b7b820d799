"""Small parts: norms, rotary positions, attention with one key/value head, feed-forward, FSQ, convolution.

State comes in and goes out by hand; no module keeps any.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROTARY_BASE = 10_000.0
KeysValues = tuple[Tensor, Tensor]  # (B, N, Dh) each


def rms_norm(x: Tensor) -> Tensor:
    """Scale the last axis to unit root mean square, in float32 (Zhang and Sennrich 2019), without a gain."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


def rotate(x: Tensor, position: Tensor) -> Tensor:
    """Turn (B, T, ..., Dh) by its (B, T) position (Su et al. 2021)."""
    half = x.shape[-1] // 2
    speed = ROTARY_BASE ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angle = position.float()[..., None] * speed  # (B, T, Dh/2)
    angle = angle.view(*angle.shape[:2], *([1] * (x.dim() - 3)), half)
    cos, sin = angle.cos(), angle.sin()
    a, b = x.float().chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)


class Attention(nn.Module):
    """Many query heads over one key/value head (Shazeer 2019), QK-norm, and a learned sink.

    The sink is one more key with value zero that every query sees: a head with nothing to attend to
    spends its weight there, so that a sliding window stays stable (Xiao et al. 2023) with nothing to keep.
    """

    def __init__(self, width: int, heads: int, head_dim: int) -> None:
        super().__init__()
        self.heads, self.head_dim = heads, head_dim
        self.query = nn.Linear(width, heads * head_dim, bias=False)
        self.key_value = nn.Linear(width, 2 * head_dim, bias=False)
        self.out = nn.Linear(heads * head_dim, width, bias=False)
        self.sink = nn.Parameter(torch.zeros(head_dim))

    def forward(
        self, x: Tensor, position: Tensor, seen: Tensor, past: KeysValues | None
    ) -> tuple[Tensor, Tensor]:
        """x (B, T, D); seen (B, T, N) over past, then new keys; past (B, W, Dh) keys and values.

        Returns the sum to add (B, T, D) and the new column (B, T, 2 Dh): rotated keys, then values.
        """
        B, T, _ = x.shape
        q = rotate(rms_norm(self.query(x).view(B, T, self.heads, self.head_dim)), position)
        key, value = self.key_value(x).chunk(2, -1)
        key = rotate(rms_norm(key), position)
        mixed = self._whole(q, key, value, seen) if past is None else self._step(q, (key, value), past, seen)
        return self.out(mixed.reshape(B, T, -1)), torch.cat([key, value], -1)

    def _step(self, q: Tensor, new: KeysValues, past: KeysValues, seen: Tensor) -> Tensor:
        """Heads folded into the time axis, past and new multiplied apart: no key or value is copied."""
        B, T, _, _ = q.shape
        q = q * self.head_dim**-0.5
        folded = q.reshape(B, T * self.heads, self.head_dim)
        scores = torch.cat([folded @ keys.to(q.dtype).transpose(1, 2) for keys, _ in (past, new)], -1)
        scores = scores.view(B, T, self.heads, -1).float().masked_fill(~seen[:, :, None, :], -1e9)
        sink = (q @ self.sink.to(q.dtype)).float()[..., None]
        weight = torch.softmax(torch.cat([scores, sink], -1), -1).to(q.dtype).reshape(B, T * self.heads, -1)
        W = past[0].shape[1]
        return weight[..., :W] @ past[1].to(q.dtype) + weight[..., W : W + T] @ new[1]

    def _whole(self, q: Tensor, keys: Tensor, values: Tensor, seen: Tensor) -> Tensor:
        """The same through PyTorch's fused kernel, for training; the sink is one more key, its value zero."""
        B = len(q)
        sink = self.sink.to(keys.dtype).expand(B, 1, -1)
        keys, values = torch.cat([keys, sink], 1), torch.cat([values, torch.zeros_like(sink)], 1)
        seen = F.pad(seen, (0, 1), value=True)[:, None]
        shape = (B, self.heads, -1, -1)
        mixed = F.scaled_dot_product_attention(
            q.transpose(1, 2), keys[:, None].expand(shape), values[:, None].expand(shape), attn_mask=seen
        )
        return mixed.transpose(1, 2)


class Block(nn.Module):
    """Attention, then SwiGLU (Shazeer 2020), both with the norm in front."""

    def __init__(self, width: int, heads: int, head_dim: int, feed_forward: int) -> None:
        super().__init__()
        self.attention = Attention(width, heads, head_dim)
        self.gate_up = nn.Linear(width, 2 * feed_forward, bias=False)
        self.down = nn.Linear(feed_forward, width, bias=False)
        self.scale_attention = nn.Parameter(torch.ones(width))
        self.scale_feed = nn.Parameter(torch.ones(width))

    def forward(
        self, x: Tensor, position: Tensor, seen: Tensor, past: KeysValues | None
    ) -> tuple[Tensor, Tensor]:
        added, column = self.attention(rms_norm(x) * self.scale_attention.to(x.dtype), position, seen, past)
        x = x + added
        gate, up = self.gate_up(rms_norm(x) * self.scale_feed.to(x.dtype)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up), column


class Quantizer(nn.Module):
    """Finite scalar quantisation (Mentzer et al. 2023): round each bounded dimension to its levels.

    No learned codebook, so nothing can collapse. `groups` codes of prod(levels) values each.
    """

    levels: Tensor
    strides: Tensor

    def __init__(self, groups: int, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.groups, self.size = groups, int(torch.tensor(levels).prod())
        strides = torch.tensor([1, *levels[:-1]]).cumprod(0)
        self.register_buffer("levels", torch.tensor(levels), persistent=False)
        self.register_buffer("strides", strides, persistent=False)
        self.dims = groups * len(levels)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (..., dims) -> (rounded values in [-1, 1] with a straight-through gradient, codes (..., G))."""
        x = torch.sigmoid(x.float()).view(*x.shape[:-1], self.groups, -1) * (self.levels - 1)
        index = x.round()
        index = x + (index - x).detach()
        return self._values(index).flatten(-2), (index.detach().round().long() * self.strides).sum(-1)

    def decode(self, codes: Tensor) -> Tensor:
        """codes (..., G) -> values (..., dims) in [-1, 1]."""
        index = torch.div(codes[..., None], self.strides, rounding_mode="floor") % self.levels
        return self._values(index.float()).flatten(-2)

    def _values(self, index: Tensor) -> Tensor:
        return 2.0 * index / (self.levels - 1) - 1.0


class CausalConv(nn.Conv1d):
    """A convolution over (B, C, T) that is given its left context: the last `memory` inputs."""

    def __init__(self, inputs: int, outputs: int, kernel: int, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, groups=groups)
        self.memory = kernel - 1

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, C, T), past (B, C, memory) -> (output (B, C', T), the next past)."""
        joined = torch.cat([past, x], -1)
        return self(joined), joined[..., -self.memory :]


class ConvBlock(nn.Module):
    """A causal ConvNeXt block (Liu et al. 2022; as a vocoder: Siuzdak 2023)."""

    def __init__(self, width: int, kernel: int = 7, expand: int = 3) -> None:
        super().__init__()
        self.depthwise = CausalConv(width, width, kernel, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, expand * width)
        self.down = nn.Linear(expand * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.2))

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, C, T), past (B, C, kernel - 1) -> the same shapes."""
        y, past = self.depthwise.step(x, past)
        y = self.down(F.gelu(self.up(self.norm(y.transpose(1, 2)))))
        return x + (y * self.scale).transpose(1, 2), past
