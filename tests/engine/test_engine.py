"""Opening backends, and as many sessions as allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from duologue.engine.engine import Engine
from duologue.errors import Busy, WeightsMissing
from duologue.settings import load


async def test_sessions_are_counted() -> None:
    async with await Engine.open(load(model="scripted", max_sessions=2)) as engine:
        assert engine.voices == ("script",)
        first, _ = engine.session(), engine.session()
        with pytest.raises(Busy, match="2 conversations"):
            engine.session()
        first.close()
        async with engine.session():
            assert engine.num_sessions == 2
        assert engine.num_sessions == 1
    assert engine.num_sessions == 0


async def test_a_model_that_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="omni-giant"):
        await Engine.open(load(model="omni-giant", data_dir=tmp_path))
    with pytest.raises(WeightsMissing, match="no model"):
        await Engine.open(load(model_dir=tmp_path))
