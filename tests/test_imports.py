"""Who may import whom, read from the source: the floors of the house, and nothing upstairs from below."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "duologue"

LEAVES = {"errors", "files", "text", "sound", "picture", "settings"}
# Room -> rooms it may import. A room is a folder or a file directly in duologue/.
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "files": {"errors"},
    "text": {"errors"},
    "sound": {"errors", "files"},
    "picture": {"errors", "files"},
    "settings": {"errors"},
    "model": set(),
    "training": {"model", "sound", "errors", "files"},
    "backends": {"model", "sound", "settings", "errors"},  # model only in local/: see below
    "store": {"errors"},
    "engine": {"backends", "sound", "settings", "errors"},
    "evals": {"engine", "training"} | LEAVES,  # training only in material.py: see below
    "server": {"engine", "store"} | LEAVES,
    "commands": {"engine", "evals", "training", "server", "backends"} | LEAVES,  # backends: whose weights
    "cli": {"commands", "errors"},
}
TORCH_FREE_MODEL = {"model.tokens", "model.mel", "model.config"}
TORCH = {"torch", "torchaudio", "torchvision", "transformers"}
# What the default install brings; the rest belongs to an extra, imported only where that extra is needed.
DEFAULT_INSTALL = {
    "numpy",
    "onnxruntime",
    "soxr",
    "soundfile",
    "PIL",
    "pydantic",
    "pydantic_settings",
    "typer",
    "rich",
    "fastapi",
    "starlette",  # of fastapi
    "uvicorn",
    "websockets",
    "multipart",
    "limits",
    "prometheus_client",
    "llguidance",
    "pypdf",
}
COME_ALONG = {"pydantic", "starlette", "av", "aioice"}  # of pydantic-settings, fastapi and aiortc
NEEDS_AN_EXTRA = ("model.", "training.", "evals.", "backends.local.torch_runner", "backends.transformers")
# Module, or all of a folder -> what only an extra brings.
OPTIONAL = {
    "commands.talk": {"sounddevice"},
    "commands.lan": {"trustme", "segno"},
    "server.encode": {"av"},
    "server.recordings": {"av"},
    "server.calls.": {"aiortc", "aioice", "av"},
}


class Import(NamedTuple):
    importer: str  # dotted, below duologue: "engine.session"
    imported: str  # dotted and absolute: "duologue.sound", "numpy"
    line: int
    at_loading: bool  # not inside a function


@cache
def modules() -> dict[str, Path]:
    return {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}


def imports(name: str, path: Path) -> Iterator[Import]:
    """Every import of a file, those inside functions too; not those that only the type checker follows."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    in_functions = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        at_loading = id(node) not in in_functions
        if isinstance(node, ast.Import):
            yield from (Import(name, alias.name, node.lineno, at_loading) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports in full, from duologue..."
            assert node.module
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = whole.removeprefix("duologue.") in modules()
                target = whole if is_module or _is_package(whole) else node.module
                yield Import(name, target, node.lineno, at_loading)


def _is_package(dotted: str) -> bool:
    first, *rest = dotted.split(".")
    return first == "duologue" and (PACKAGE.joinpath(*rest) / "__init__.py").exists()


def all_imports() -> list[Import]:
    return [found for name, path in modules().items() for found in imports(name, path)]


def is_optional(found: Import) -> bool:
    places = [
        place
        for place in OPTIONAL
        if found.importer == place or (place.endswith(".") and found.importer.startswith(place))
    ]
    return any(room(found.imported) in OPTIONAL[place] for place in places)


def room(dotted: str) -> str:
    return dotted.split(".")[0]


ALL = all_imports()
INSIDE = [
    found._replace(imported=found.imported.removeprefix("duologue").lstrip(".") or "__init__")
    for found in ALL
    if room(found.imported) == "duologue"
]


def test_every_room_has_its_rule() -> None:
    assert {room(name) for name in modules()} <= set(MAY_IMPORT)


def test_each_room_imports_only_what_it_may() -> None:
    wrong = [
        f"{importer}:{line} imports {imported}"
        for importer, imported, line, _ in INSIDE
        if room(imported) not in MAY_IMPORT[room(importer)] | {room(importer), "__init__"}
    ]
    assert not wrong


def test_only_the_local_backend_knows_the_network() -> None:
    wrong = [
        f"{importer}:{line} imports {imported}"
        for importer, imported, line, _ in INSIDE
        if room(importer) == "backends"
        and room(imported) == "model"
        and not importer.startswith("backends.local")
    ]
    assert not wrong


def test_only_the_material_of_the_evaluations_knows_how_training_material_is_made() -> None:
    wrong = [
        f"{importer}:{line} imports {imported}"
        for importer, imported, line, _ in INSIDE
        if room(importer) == "evals" and room(imported) == "training" and importer != "evals.material"
    ]
    assert not wrong


def test_torch_lives_in_few_places() -> None:
    def may(name: str) -> bool:
        if room(name) == "model":
            return name not in TORCH_FREE_MODEL
        return room(name) == "training" or name in ("backends.local.torch_runner", "backends.transformers")

    found_torch = [found for found in ALL if room(found.imported) in TORCH]
    assert not [f"{found.importer}:{found.line}" for found in found_torch if not may(found.importer)]


def test_what_the_light_install_needs_of_the_network_is_torch_free() -> None:
    """Nothing that answers a person leads to torch when it is loaded, but for the torch runner."""
    leads = {found.importer for found in ALL if room(found.imported) in TORCH}
    loading = [found for found in INSIDE if found.at_loading]
    while more := {found.importer for found in loading if found.imported in leads} - leads:
        leads |= more
    light = {name for name in modules() if room(name) in ("backends", "engine", "evals")}
    assert not leads & (light | TORCH_FREE_MODEL) - {"backends.local.torch_runner", "backends.transformers"}


def test_the_light_install_suffices_without_extras() -> None:
    wrong = [
        f"{found.importer}:{found.line} imports {found.imported}"
        for found in ALL
        if not found.importer.startswith(NEEDS_AN_EXTRA)
        and found.importer not in NEEDS_AN_EXTRA
        and room(found.imported) not in sys.stdlib_module_names | DEFAULT_INSTALL | {"duologue"}
        and not is_optional(found)
    ]
    assert not wrong


def test_the_server_and_the_commands_load_without_extras() -> None:
    leads = {found.importer for found in ALL if found.at_loading and is_optional(found)}
    loading = [found for found in INSIDE if found.at_loading]
    while more := {found.importer for found in loading if found.imported in leads} - leads:
        leads |= more
    assert not leads & {"cli", "server.app"}


def test_what_is_imported_is_declared() -> None:
    """Whatever else is imported somewhere, tests and bench included, is in one of the extras."""
    root = PACKAGE.parent
    paths = [path for folder in ("duologue", "bench", "tests") for path in (root / folder).rglob("*.py")]
    own = root / "tests/clients/python"  # runs in an environment of its own: requirements.txt beside it
    paths = [path for path in paths if not path.is_relative_to(own)]
    imported = {found.imported.split(".")[0] for path in paths for found in imports(path.stem, path)}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    declared = {re.split("[<>=]", each)[0].replace("-", "_") for each in wanted}
    others = {"pillow": "PIL", "pyyaml": "yaml", "python_multipart": "multipart"}
    known = {others.get(name, name) for name in declared} | COME_ALONG
    assert imported <= known | sys.stdlib_module_names | {"duologue", "bench", "tests"}


def test_no_circles() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for importer, imported, _, _ in INSIDE:
        target = imported if imported in graph else f"{imported}.__init__"
        if target in graph and target != importer and not target.endswith("__init__"):
            graph[importer].add(target)
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in graph[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", sorted(modules()))
def test_no_file_outgrows_a_reader(name: str) -> None:
    assert len(modules()[name].read_text(encoding="utf-8").splitlines()) <= 500
