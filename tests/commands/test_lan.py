"""What `serve --lan` keeps: a certificate that fits this machine, and a key that is shown once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from duologue.commands import lan
from duologue.errors import ExtraMissing, NoWritePermission
from duologue.server.access import Access, hashed
from duologue.settings import Settings

pytest.importorskip("trustme")
pytest.importorskip("segno")

NAMES = ["192.168.1.5"]


def test_a_certificate_is_kept_while_it_fits(tmp_path: Path) -> None:
    folder = tmp_path / "lan"
    kept = lan.certificate(folder, NAMES)
    first, authority = kept.chain.read_bytes(), (folder / "authority.pem").read_bytes()
    assert lan.certificate(folder, NAMES).chain.read_bytes() == first

    moved = lan.certificate(folder, ["192.168.1.6"]).chain.read_bytes()
    assert moved != first
    assert (folder / "authority.pem").read_bytes() == authority  # devices trust it already

    about = folder / "certificate.json"
    told = json.loads(about.read_text())
    assert told["names"] == ["127.0.0.1", "192.168.1.6", "::1", "localhost"]
    about.write_text(json.dumps(told | {"renew": "2020-01-01T00:00:00+00:00"}))
    assert lan.certificate(folder, ["192.168.1.6"]).chain.read_bytes() != moved
    about.write_text("damaged")
    assert lan.certificate(folder, ["192.168.1.6"]).key.stat().st_mode & 0o777 == 0o600


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    kept, made = lan.key(tmp_path / "lan")
    assert made is not None
    assert kept == hashed(made)
    assert lan.key(tmp_path / "lan") == (kept, None)
    assert Access(Settings(api_key=kept))


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoWritePermission):
        lan.key(tmp_path / "file" / "lan")


def test_addresses_are_of_the_network() -> None:
    assert not [each for each in lan.addresses() if each.startswith("127.")]


def test_a_code_is_drawn() -> None:
    drawn = lan.code("https://192.168.1.5:4004")
    assert len(drawn.splitlines()) > 10
    assert drawn != lan.code("https://192.168.1.6:4004")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"duologue\[lan\]"):
        lan.require()
