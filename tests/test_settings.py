"""A flag wins over a variable, that over the file, that over the default; wrong values get one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from duologue import picture, settings, sound, text
from duologue.errors import BadSettings
from duologue.settings import Settings, load


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DUOLOGUE_{name.upper()}", raising=False)
    return tmp_path


def write_config(home: Path, content: str) -> None:
    path = home / ".config" / "duologue" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(content)


def test_the_order_of_sources(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().threads == 0
    write_config(home, "threads = 1\nvoice = 'ada'\n")
    assert load().threads == 1
    monkeypatch.setenv("DUOLOGUE_THREADS", "2")
    assert load().threads == 2
    assert load(threads=3).threads == 3
    assert load(threads=None).threads == 2
    assert load().voice == "ada"


def test_data_lives_in_the_home_of_the_user(home: Path) -> None:
    assert load().data_dir == home / ".local/share/duologue"


def test_every_field_has_its_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_defaults_agree_with_those_of_the_readers() -> None:
    fresh = load()
    assert fresh.max_audio_s == sound.MAX_SECONDS
    assert fresh.max_image_pixels == picture.MAX_PIXELS
    assert fresh.max_text_chars == text.MAX_CHARS


def test_a_wrong_flag() -> None:
    with pytest.raises(BadSettings, match=r"setting threads = -1: .*greater than or equal to 0"):
        load(threads=-1)


def test_a_wrong_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOLOGUE_DEVICE", "toaster")
    with pytest.raises(BadSettings, match=r"setting device = 'toaster'.*DUOLOGUE_DEVICE"):
        load()


@pytest.mark.parametrize("content", ["threads = ", "\x00", "thread = 2", "threads = 'many'"])
def test_a_wrong_file(home: Path, content: str) -> None:
    write_config(home, content)
    with pytest.raises(BadSettings, match=re.escape(str(settings.config_file()))) as error:
        load()
    assert "\n" not in str(error.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().threads = 1
