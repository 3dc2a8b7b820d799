"""OpenAI's published schema as a judge of what we send. It is not part of the project: where it is absent,
only the `openai` package judges.

The path comes from DUOLOGUE_OPENAPI, else ../shared/openai/openapi.yaml beside the repository.
"""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.server.gaps import NULLS

Schema = dict[str, Any]
ROOT = Path(__file__).parents[2]
BASE = "openai:"


def published_at() -> Path:
    return Path(os.environ.get("DUOLOGUE_OPENAPI") or ROOT.parent / "shared/openai/openapi.yaml")


class OpenApi:
    def __init__(self, document: Schema) -> None:
        _allow_nulls(document)
        self._document = document
        resource: Resource[Any] = Resource.from_contents(document, DRAFT202012)
        self._registry = Registry().with_resource(BASE, resource)
        self._paths = {(method, anonymous(path)): each for path, method, each in _operations(document)}

    @classmethod
    def open(cls, cache_folder: Path) -> Self | None:
        """Three megabytes of YAML take seconds; what was read once lies in the test runner's cache."""
        path = published_at()
        if not path.is_file():
            return None
        found = path.stat()
        kept = cache_folder / f"openapi-{found.st_size}-{found.st_mtime_ns}.pickle"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as file:
                document = _modern(yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
            half = kept.with_suffix(f".{os.getpid()}")
            half.write_bytes(pickle.dumps(document))
            half.replace(kept)
        return cls(pickle.loads(kept.read_bytes()))

    def body(self, method: str, path: str, status: int, content_type: str) -> Schema | None:
        """The schema of an answer; None where the document says nothing of it."""
        operation = self._paths.get((method.lower(), anonymous(path)), {})
        answer = operation.get("responses", {}).get(str(status), {})
        schema: Schema | None = answer.get("content", {}).get(content_type, {}).get("schema")
        return schema

    def named(self, name: str) -> Schema:
        return {"$ref": f"#/components/schemas/{name}"}

    def problem(self, schema: Schema, value: Any) -> str | None:
        """The most telling fault of a value, with its place; None when it is as it should be."""
        schema = self._branch(schema, value)
        validator = Draft202012Validator(_absolute(schema), registry=self._registry)
        fault: ValidationError | None = best_match(validator.iter_errors(value))
        if fault is None:
            return None
        # Of the choices of a union, the one that the value came furthest in.
        while fault.context:
            by_choice = groupby(fault.context, key=lambda each: each.schema_path[0])
            fewest = min((list(faults) for _, faults in by_choice), key=lambda faults: len(faults))
            fault = max(fewest, key=lambda each: len(each.path))
        return f"{fault.json_path}: {fault.message[:300]}"

    def _branch(self, schema: Schema, value: Any) -> Schema:
        """Of a union of events, the one whose `type` it is: the fault is then told of that one alone."""
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            return schema
        for choice in self._choices(schema):
            told = self._resolve(choice).get("properties", {}).get("type", {})
            if kind == told.get("const") or kind in told.get("enum", ()):
                return choice
        return schema

    def _choices(self, schema: Schema) -> Iterator[Schema]:
        for choice in self._resolve(schema).get("anyOf", ()):
            inner = self._resolve(choice)
            if "anyOf" in inner and "properties" not in inner:
                yield from self._choices(choice)
            else:
                yield choice

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix(BASE).removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema


@cache
def anonymous(path: str) -> str:
    """/v1/files/{file_id} -> /files/{}"""
    return re.sub(r"{[^}]*}", "{}", path.removeprefix("/v1"))


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "?" not in path and isinstance(operation, dict):
                yield path, method, operation


def _allow_nulls(document: Schema) -> None:
    for names, field, _ in NULLS:
        *parents, last = field.split(".")
        for name in names:
            properties = document["components"]["schemas"].get(name, {}).get("properties", {})
            for parent in parents:
                inner = properties.get(parent, {})
                properties = inner.get("items", inner).get("properties", {})
            if last in properties:
                properties[last] = {"anyOf": [properties[last], {"type": "null"}]}


def _absolute(schema: Schema) -> Schema:
    return {"$ref": BASE + schema["$ref"]} if "$ref" in schema else _based(schema)


def _based(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: BASE + inner if key == "$ref" and isinstance(inner, str) else _based(inner)
            for key, inner in value.items()
        }
    return [_based(inner) for inner in value] if isinstance(value, list) else value


def _modern(value: Any) -> Any:
    """OpenAPI 3.0's habits that remain in the document as JSON Schema 2020-12 says them.

    `oneOf` becomes `anyOf`: many of its choices overlap, as those with and without an optional field.
    """
    if isinstance(value, list):
        return [_modern(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    schema = {("anyOf" if key == "oneOf" else key): _modern(inner) for key, inner in value.items()}
    for bound in ("exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(schema.get(bound), bool):
            del schema[bound]
    if schema.get("nullable") is True:
        del schema["nullable"]
        return {"anyOf": [schema, {"type": "null"}]}
    return schema
