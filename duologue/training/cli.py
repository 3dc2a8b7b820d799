"""`duologue train STAGE`: the pipeline, one stage a command, in the order of `STAGES`. Recipes: runs/."""

import argparse
import math
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from duologue.errors import DuologueError
from duologue.model.checkpoint import Parts, load_released
from duologue.model.config import OmniConfig
from duologue.model.export import export
from duologue.training import examples, own_speech, texts
from duologue.training.base import BaseStage
from duologue.training.batches import Encoded, Roughness, Source
from duologue.training.codec import Codec, CodecStage
from duologue.training.encode import encode
from duologue.training.loop import Run, train
from duologue.training.optim import Rates
from duologue.training.pictures import PictureStage
from duologue.training.plots import plot
from duologue.training.recordings import write_recordings
from duologue.training.shards import Shards, write_parallel
from duologue.training.speech import SpeechShards

HELD_OUT_SEEDS = 1_000_000  # the first seed of the tracks that `base` is checked on
STAGES = ("texts", "recordings", "speech", "codec", "pictures", "examples", "encode", "base", "export")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage, or all. Returns the exit code: 2 for a mistake of the caller."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    stages: dict[str, Callable[[argparse.Namespace], None]] = {
        "texts": _texts,
        "recordings": _recordings,
        "speech": _speech,
        "codec": _codec,
        "pictures": _pictures,
        "examples": _examples,
        "encode": _encode,
        "base": _base,
        "export": _export,
    }
    try:
        for name in STAGES if options.stage == "all" else (options.stage,):
            stages[name](options)
    except (DuologueError, OSError, ValueError) as error:
        print(f"duologue train: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="duologue train", description=__doc__)
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument(
        "--out", type=Path, required=True, help="the folder of this run; every stage goes on in it"
    )
    parser.add_argument("--depth", type=int, default=10, help="the one dial for the size of the network")
    parser.add_argument("--data", type=Path, help="a folder of real text, speech and pictures (docs/data.md)")
    parser.add_argument("--warm-start", type=Path, help="a released folder to train on from")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument(
        "--threads", type=int, default=1, help="of torch; processes of synthesis: --processes"
    )
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that make batches ahead of the training"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vocabulary", type=int, default=2048)
    parser.add_argument("--sentences", type=int, default=120_000, help="to be read aloud and dictated")
    parser.add_argument(
        "--own-seeds", type=int, default=100, help="blocks of own speech for the codec, 24 clips each"
    )
    parser.add_argument("--seeds", type=int, default=1200, help="blocks of examples, 16 conversations each")
    parser.add_argument(
        "--first-seed", type=int, default=0, help="add other examples to those of an earlier run"
    )
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop a training stage after this long"
    )
    parser.add_argument("--steps", type=int, default=100_000, help="... or after this many steps")
    parser.add_argument(
        "--rows", type=int, default=8, help="rows of a batch (codec, pictures: twice as many crops)"
    )
    parser.add_argument("--length", type=int, default=320, help="positions of a row")
    parser.add_argument("--version", default="0", help="written into the exported config.json")
    return parser


def _config(options: argparse.Namespace) -> OmniConfig:
    if options.warm_start:
        return load_released(options.warm_start).config
    return OmniConfig.from_depth(options.depth, examples.VOICES, vocab=options.vocabulary)


def _run(options: argparse.Namespace, stage: str, rates: Rates) -> Run:
    return Run(
        options.out / stage,
        steps=options.steps,
        minutes=options.minutes,
        rates=rates,
        device=options.device,
        workers=options.workers,
        check_every=max(20, min(500, options.steps // 4)),
    )


def _texts(options: argparse.Namespace) -> None:
    texts.prepare(options.out, options.data, options.vocabulary, options.sentences, options.seed)
    if options.warm_start:  # the words keep the ids they were learned with
        shutil.copy(options.warm_start / "tokenizer.json", options.out)


def _recipe(options: argparse.Namespace) -> examples.Recipe:
    recordings = options.out / "recordings"
    return examples.Recipe(
        options.out / "tokenizer.json",
        options.out / "sentences.txt",
        recordings if recordings.is_dir() else None,
    )


def _recordings(options: argparse.Namespace) -> None:
    if options.data:
        write_recordings(options.out / "recordings", options.data, options.processes)


def _speech(options: argparse.Namespace) -> None:
    make = partial(own_speech.make, options.out / "sentences.txt")
    write_parallel(options.out / "speech", make, range(options.own_seeds), options.processes, 4, "own speech")


def _codec(options: argparse.Namespace) -> None:
    shards = Shards(options.out / "speech")
    held_out = max(8, len(shards) // 20)
    stage = CodecStage(
        _config(options),
        SpeechShards(shards, slice(held_out, None)),
        SpeechShards(shards, slice(0, held_out)),
        batch=options.rows * 2,
        seed=options.seed,
    )
    _warm(options, codec=stage.model)
    train(stage, _run(options, "codec", Rates(other=1.2e-3)))
    plot(options.out / "codec")


def _pictures(options: argparse.Namespace) -> None:
    stage = PictureStage(_config(options), batch=options.rows * 2, seed=options.seed)
    train(stage, _run(options, "pictures", Rates()))
    plot(options.out / "pictures")


def _examples(options: argparse.Namespace) -> None:
    make = partial(examples.make, _recipe(options))
    held_out = range(HELD_OUT_SEEDS, HELD_OUT_SEEDS + max(2, min(6, options.seeds // 20)))
    write_parallel(options.out / "held_out", make, held_out, options.processes, 2, "held-out examples")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    write_parallel(options.out / "examples", make, seeds, options.processes, 4, "examples")


def _encode(options: argparse.Namespace) -> None:
    parts = _parts(options)
    for folder in ("held_out", "examples"):
        encode(options.out / folder, parts.encoder, parts.pictures)


def _base(options: argparse.Namespace) -> None:
    parts = _parts(options)
    train_on, held_out = options.out / "examples", options.out / "held_out"
    source = Source(parts.config, Shards(train_on), Encoded.read(train_on), Roughness())
    unseen = Source(parts.config, Shards(held_out), Encoded.read(held_out))
    stage = BaseStage(parts.omni, source, unseen, rows=options.rows, length=options.length, seed=options.seed)
    train(stage, _run(options, "base", Rates()))
    plot(options.out / "base")


def _export(options: argparse.Namespace) -> None:
    parts = _parts(options)
    folder = options.out / "released"
    folder.mkdir(exist_ok=True)
    shutil.copy(options.out / "tokenizer.json", folder)
    export(parts, folder, options.version)


def _parts(options: argparse.Namespace) -> Parts:
    """All parts as far as they are trained: from the warm start, then from the checkpoints of this run."""
    parts = load_released(options.warm_start) if options.warm_start else Parts(_config(options))
    for stage in ("codec", "pictures", "base"):
        path = options.out / stage / "checkpoint.pt"
        if path.exists():
            stored = torch.load(path, map_location="cpu", weights_only=True)["model"]
            {"codec": _Halves(parts), "pictures": parts.pictures, "base": parts.omni}[stage].load_state_dict(
                stored
            )
    return parts


class _Halves(Codec):
    """The codec's two halves inside `Parts`, under the names that its stage saved."""

    def __init__(self, parts: Parts) -> None:
        torch.nn.Module.__init__(self)
        self.encoder, self.vocoder = parts.encoder, parts.vocoder


def _warm(options: argparse.Namespace, codec: Codec) -> None:
    if options.warm_start:
        parts = load_released(options.warm_start)
        codec.vocoder.load_state_dict(parts.vocoder.state_dict())
        codec.encoder.load_state_dict(parts.encoder.state_dict())
