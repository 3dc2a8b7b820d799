"""Multipart forms as the stock clients write them, checked by a model of the fields.

A list comes as `name[]` again and again, an object as `name[key]`. Files stay where the parser put them: on
the disk, if they are large.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from duologue.errors import BadInput
from duologue.server import faults

MOST_FILES = 20
MOST_FIELDS = 200
LONGEST_FIELD = 256 * 1024  # bytes

Fields = TypeVar("Fields", bound=BaseModel)


class Upload:
    """One file of a form."""

    def __init__(self, file: UploadFile) -> None:
        name = PurePath((file.filename or "").replace("\\", "/")).name[:255]
        self.name = name if name.strip(". ") else "file"
        self.media_type = file.content_type or ""
        self.size = file.size or 0
        self.open: BinaryIO = file.file

    def read(self) -> bytes:
        self.open.seek(0)
        return self.open.read()


class Form:
    def __init__(self, content: FormData) -> None:
        self._content = content

    async def close(self) -> None:
        """Its files are gone afterwards."""
        await self._content.close()

    def files(self, name: str) -> list[Upload]:
        """Those of `name` and of `name[]`, in order."""
        named = [value for key, value in self._content.multi_items() if key in (name, f"{name}[]")]
        return [Upload(value) for value in named if isinstance(value, UploadFile)]

    def file(self, name: str) -> Upload:
        """The only one. Raises BadInput."""
        files = self.files(name)
        if len(files) != 1:
            raise BadInput(f"the form has {len(files)} files named {name!r}; send one", name)
        return files[0]

    def fields(self, kind: type[Fields]) -> Fields:
        """Raises BadInput, naming the first field that is wrong."""
        try:
            return kind.model_validate(self._written())
        except ValidationError as error:
            raise faults.explain(error.errors()) from None

    def _written(self) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for key, value in self._content.multi_items():
            if isinstance(value, UploadFile):
                continue
            name, bracket, rest = key.partition("[")
            inner = rest.removesuffix("]")
            if not bracket:
                written[name] = value
            elif inner == "" or inner.isdecimal():
                _at(written, name, list).append(value)
            else:
                _at(written, name, dict)[inner] = value
        return written


def _at(written: dict[str, Any], name: str, kind: type[Any]) -> Any:
    """The list or object of this name, begun anew where something else stands."""
    if not isinstance(written.get(name), kind):
        written[name] = kind()
    return written[name]


def described(kind: type[BaseModel], *files: str) -> dict[str, Any]:
    """`openapi_extra` of a route that takes such a form; `files` are required."""
    schema = kind.model_json_schema()
    schema = _inlined(schema, schema.pop("$defs", {}))
    schema["properties"] |= {name: {"type": "string", "format": "binary"} for name in files}
    schema["required"] = [*schema.get("required", ()), *files]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """Without references: in the place where this goes, they would lead nowhere."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rpartition("/")[2]], parts)
    return {name: _inlined(each, parts) for name, each in schema.items()}


async def form(request: Request) -> Form:
    """The form of a request; close it. Raises WrongType, TooLarge."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise faults.WrongType(f"a body of type {kind[:80]!r} cannot be read here; send multipart/form-data")
    return Form(await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD))
