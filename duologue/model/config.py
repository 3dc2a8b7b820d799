"""The sizes of the network, computed from one dial. Torch-free, so that the light install can read it."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

WIDTH_PER_LAYER = 48  # the aspect that 10 layers x 448 and 8 x 384 both follow
HEAD_DIM = 64


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step


@dataclass(frozen=True, slots=True)
class OmniConfig:
    """Shapes of one network. Build it with `from_depth`; the fields are stored beside the weights."""

    layers: int
    width: int  # D
    heads: int  # query heads of HEAD_DIM each; keys and values have one head
    feed_forward: int
    voices: tuple[str, ...]  # own voices, in the order of their indices
    vocab: int = 2048
    code_groups: int = 4  # G codes per 80 ms frame
    code_size: int = 512  # values of one code: FSQ levels 8 x 8 x 8
    depth_width: int = 160  # of the small predictor that gives the G codes of a frame one by one
    codec_width: int = 192
    image_size: int = 1000  # values of one drawn token: FSQ levels 8 x 5 x 5 x 5
    window: int = 750  # positions that attention reaches back: 60 s of frames
    slack: int = 250  # further positions kept, so that 20 s can be rewound exactly
    vocode_memory: int = 8  # frames of codes after which the vocoder has forgotten what came before

    @classmethod
    def from_depth(cls, depth: int, voices: tuple[str, ...], **changes: Any) -> Self:
        """Return the sizes for a network of `depth` layers. Raises ValueError for a depth below 1."""
        if depth < 1:
            raise ValueError(f"depth is {depth}; give at least 1")
        width = _round_up(depth * WIDTH_PER_LAYER, HEAD_DIM)
        sizes: dict[str, Any] = {
            "layers": depth,
            "width": width,
            "heads": width // HEAD_DIM,
            "feed_forward": _round_up(width * 8 // 3, 64),
            "voices": voices,
        }
        return cls(**(sizes | changes))

    @property
    def cache_slots(self) -> int:
        """Slots of a conversation's ring buffer (W)."""
        return self.window + self.slack

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` gave; keys of other users of the file are left alone."""
        known = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        known["voices"] = tuple(known["voices"])
        return cls(**known)
