"""Between the stages: the codes of own speech and the tokens of drawings, computed once for a folder."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from duologue.model.codec import Encoder
from duologue.model.vision import PictureTokenizer
from duologue.training.positions import unpack_mel
from duologue.training.shards import Shards


@torch.no_grad()
def encode(folder: Path, encoder: Encoder, pictures: PictureTokenizer) -> None:
    """Write codes.npy, drawn.npy and starts.npy (see `batches.Encoded`) beside the shards, in their order."""
    encoder.eval()
    pictures.eval()
    shards = Shards(folder)
    codes: list[NDArray[np.int16]] = [np.zeros((0, encoder.quantizer.groups), np.int16)]
    drawn: list[NDArray[np.int16]] = [np.zeros((0, 64), np.int16)]
    starts = np.zeros((len(shards) + 1, 2), np.int64)
    for at, record in enumerate(shards[i] for i in range(len(shards))):
        starts[at + 1] = starts[at] + (len(record["own"]), len(record["drawing"]))
        if len(record["own"]):
            mel = torch.from_numpy(unpack_mel(record["own"])).reshape(1, -1, 80)
            codes.append(encoder(mel)[1][0].numpy().astype(np.int16))
        if len(record["drawing"]):
            pixels = torch.from_numpy(record["drawing"]).float() / 255
            drawn.append(pictures.encode(pixels)[1].numpy().astype(np.int16))
    np.save(folder / "codes.npy", np.concatenate(codes))
    np.save(folder / "drawn.npy", np.concatenate(drawn))
    np.save(folder / "starts.npy", starts)
