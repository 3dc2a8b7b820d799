"""The default install stays light: the sizes of the package, of what it needs, and of what that needs."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MIB = 2**20


def needed(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Distributions that come along with one, extras and other platforms left out."""
    for line in requires(name) or []:
        wanted, _, marker = line.partition(";")
        other = re.match(r"[\w.-]+", wanted.strip())
        assert other, line
        if "extra" in marker or other[0].lower() in found:
            continue
        try:
            found[other[0].lower()] = distribution(other[0])
        except PackageNotFoundError:  # its marker is of another platform or Python
            continue
        needed(other[0], found)
    return found


def size(distribution: Distribution) -> int:
    paths = [Path(str(path.locate())) for path in distribution.files or []]
    return sum(path.stat().st_size for path in paths if path.is_file())


def package_size() -> int:
    return sum(path.stat().st_size for path in (ROOT / "duologue").rglob("*") if path.is_file())


def test_the_default_install_takes_at_most_260_mib() -> None:
    sizes = {name: size(found) for name, found in needed("duologue", {}).items()}
    heaviest = sorted(sizes, key=sizes.__getitem__)[-8:]
    largest = ", ".join(f"{name} {sizes[name] / MIB:.0f}" for name in heaviest)
    assert sum(sizes.values()) + package_size() <= 260 * MIB, largest


@pytest.mark.parametrize("name", ["torch", "transformers", "scipy", "onnx"])
def test_the_default_install_has_none_of(name: str) -> None:
    assert name not in needed("duologue", {})


def test_the_tree_is_small_enough_to_clone() -> None:
    """What git keeps here, weights and all; only where git is at hand."""
    import shutil
    import subprocess

    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    assert sum(path.stat().st_size for path in paths if path.is_file()) <= 45 * MIB
