"""Examples are the same for the same seed, each kind holds what it should, and batches hold them whole."""

from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.random import default_rng

from duologue.model.config import OmniConfig
from duologue.model.tokens import (
    ASSISTANT,
    CALL,
    DRAW,
    DRAWN,
    END,
    INSTRUCT,
    NOBODY,
    PATCH,
    QUIET,
    RESULT,
    SOUND,
    TRANSLATE,
    USER,
)
from duologue.training import texts
from duologue.training.batches import Encoded, Roughness, Source
from duologue.training.encode import encode
from duologue.training.examples import VOICES, Maker, Recipe, from_record, make, to_record
from duologue.training.positions import IGNORE, Track
from duologue.training.shards import Shards, write_shard
from duologue.training.synthesize.voices import voices
from tests.model.tiny import tiny_parts


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("words")
    texts.prepare(folder, None, 500, 200)
    return Recipe(folder / "tokenizer.json", folder / "sentences.txt", per_seed=3)


@pytest.fixture(scope="module")
def tracks(recipe: Recipe) -> dict[str, Track]:
    maker = Maker(recipe)
    return {
        name: getattr(maker, name)(default_rng(1))
        for name in (
            *("live", "long", "silence", "dictation", "typed", "aloud", "seen", "drawn"),
            *("tools", "translated"),
        )
    }


def equal(one: Track, two: Track) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(two, field.name)) for field in fields(Track))


def test_the_same_seed_gives_the_same_examples(recipe: Recipe) -> None:
    once, again = make(recipe, 5), [to_record(track) for track in Maker(recipe).tracks(5, 3)]
    assert all(equal(from_record(a), from_record(b)) for a, b in zip(once, again, strict=True))
    assert not equal(from_record(once[0]), from_record(make(recipe, 6)[0]))


def test_each_kind_holds_what_it_should(tracks: dict[str, Track]) -> None:
    kinds = {name: set(track.kind.tolist()) for name, track in tracks.items()}
    assert kinds["live"] == {SOUND, QUIET}
    assert kinds["silence"] == kinds["dictation"] == {SOUND}
    assert kinds["typed"] == kinds["aloud"] == {QUIET}
    assert PATCH in kinds["seen"]
    assert DRAWN in kinds["drawn"]
    assert {USER, ASSISTANT} <= set(tracks["live"].turn_target.tolist())
    turns = tracks["dictation"].turn_target
    assert set(turns[np.flatnonzero(turns == USER)[-1] + 1 :].tolist()) == {IGNORE}
    for name in ("live", "typed", "seen"):
        assert END in tracks[name].text_target
    assert set(tracks["silence"].turn_target.tolist()) == {NOBODY}
    assert CALL in tracks["tools"].text_target
    assert TRANSLATE in tracks["translated"].text
    assert {INSTRUCT, RESULT} <= set(tracks["tools"].heard.tolist())


def test_the_turn_ends_once_in_a_long_question(tracks: dict[str, Track]) -> None:
    turns = tracks["long"].turn_target
    speaking = np.flatnonzero(turns == USER)
    assert len(speaking) > 50  # four seconds
    assert (np.diff(speaking) == 1).all()
    assert turns[speaking[-1] + 1] == ASSISTANT


def test_an_answer_is_due_after_every_spoken_request(recipe: Recipe) -> None:
    maker = Maker(recipe)
    for seed in range(12):
        turns = maker.tools(default_rng(seed)).turn_target
        after = [b for a, b in pairwise(turns[turns != IGNORE]) if a == USER != b]
        assert set(after) <= {ASSISTANT}


def test_a_drawing_is_asked_for_by_the_network_or_by_its_caller(recipe: Recipe) -> None:
    maker = Maker(recipe)
    heads = {
        tuple(t.text_target[t.kind == QUIET][-1:]) for t in map(maker.drawn, map(default_rng, range(20)))
    }
    assert {(DRAW,), (IGNORE,)} <= heads


def test_no_held_out_voice_is_trained_on() -> None:
    trained = set(voices("en", "train"))
    assert not trained & {*voices("en", "unseen_voice"), *voices("en", "unseen_synthesiser")}


def test_a_batch_holds_whole_conversations(tracks: dict[str, Track], tmp_path: Path) -> None:
    config = OmniConfig.from_depth(2, VOICES, vocab=500)
    parts = tiny_parts(config=config)
    write_shard(tmp_path / "0.shard", [to_record(track) for track in tracks.values()])
    encode(tmp_path, parts.encoder, parts.pictures)
    source = Source(config, Shards(tmp_path), Encoded.read(tmp_path))
    names = list(tracks)
    length = max(len(track) for track in tracks.values())
    batch = source.fixed(range(len(names)), length)
    live, at = tracks["live"], names.index("live")
    assert batch.text[at, : len(live)].tolist() == live.text_target.tolist()
    given = np.flatnonzero(live.slot >= 0)
    assert torch.equal(batch.inputs.codes[at, given + 1], batch.codes[at, given])
    assert (batch.codes[at, live.slot < 0] == IGNORE).all() if len(live) == length else True
    drawn = batch.drawn[names.index("drawn")]
    assert (drawn >= 0).sum() == 64
    rough = Source(config, Shards(tmp_path), Encoded.read(tmp_path), Roughness())
    one, two = (rough.batch(default_rng(3), 4, length) for _ in range(2))
    assert torch.equal(one.inputs.mel, two.inputs.mel)
    assert torch.equal(one.heard, two.heard)


def test_conversations_in_a_row_do_not_see_each_other(tracks: dict[str, Track], tmp_path: Path) -> None:
    config = OmniConfig.from_depth(2, VOICES, vocab=500)
    parts = tiny_parts(config=config)
    write_shard(tmp_path / "0.shard", [to_record(tracks["typed"])])
    encode(tmp_path, parts.encoder, parts.pictures)
    source = Source(config, Shards(tmp_path), Encoded.read(tmp_path))
    n = len(tracks["typed"])
    packed, alone = source.batch(default_rng(0), 1, 2 * n), source.fixed([0], n)
    with torch.no_grad():
        both, _ = parts.omni.states(packed.inputs, packed.seen())
        one, _ = parts.omni.states(alone.inputs, alone.seen())
    torch.testing.assert_close(both[0, n:], one[0], atol=1e-4, rtol=1e-3)
