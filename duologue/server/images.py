"""/v1/images: pictures from words, and from words and other pictures. Drawn small, then scaled."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from duologue import picture
from duologue.engine import Picture
from duologue.errors import BadImage, BadInput, DuologueError, NotOffered
from duologue.picture import Pixels
from duologue.server import answers, faults
from duologue.server.access import Caller, Who
from duologue.server.drawing import Drawing, Mask, scaled
from duologue.server.encode import made_by
from duologue.server.forms import Form, described, form
from duologue.server.image_fields import MOST_SHOWN, EditWish, GenerationWish, JsonEditWish, Wish
from duologue.server.materials import Materials, Shown
from duologue.server.state import ServerState, Shared
from duologue.server.tape import Tape
from duologue.text import check

router = APIRouter(prefix="/v1/images", tags=["Images"])


Json = dict[str, Any]  # of the wire


@dataclass(frozen=True, slots=True)
class Work:
    """A wish on its way: what is drawn, and how it is told."""

    wish: Wish
    drawing: Drawing
    shared: ServerState
    asker: Caller
    mask: Mask | None = None
    kind: Literal["image_generation", "image_edit"] = "image_generation"

    async def files(self) -> AsyncGenerator[bytes, None]:
        """One picture after another, as a file."""
        try:
            with self.shared.underway.answer():
                async with aclosing(self.drawing.pictures()) as pictures:
                    async for pixels in pictures:
                        yield await asyncio.to_thread(self._file, pixels)
        finally:
            usage = self.usage()
            self.shared.limits.use(self.asker, usage["total_tokens"])
            self.shared.metrics.used(usage["input_tokens"], usage["output_tokens"])

    def _file(self, pixels: Pixels) -> bytes:
        whole = scaled(pixels, self.wish.pixels())
        if self.mask is not None:
            whole = self.mask.over(whole)
        kind, quality = self.wish.output_format or "png", self.wish.output_compression
        note = made_by(self.shared.engine.model_name)
        return picture.encode(whole, f".{kind}", note, None if kind == "png" else quality)

    def usage(self) -> Json:
        used, drawn = self.drawing.usage, self.drawing.tokens
        return {
            "input_tokens": used.text_in + used.image_in,
            "input_tokens_details": {"text_tokens": used.text_in, "image_tokens": used.image_in},
            "output_tokens": drawn,
            "total_tokens": used.text_in + used.image_in + drawn,
        }

    def told(self, files: Sequence[bytes]) -> Json:
        """The answer in one piece."""
        told: Json = {
            "created": int(time.time()),
            "data": [self._one(file) for file in files],
            "background": "opaque",
            "output_format": self.wish.output_format or "png",
            "usage": self.usage(),
        }
        optional = {"size": self.wish.told_size, "quality": self.wish.told_quality}
        return told | {name: value for name, value in optional.items() if value}

    def _one(self, file: bytes) -> Json:
        if not self.wish.is_by_url:
            return {"b64_json": b64encode(file).decode()}
        # The address holds the picture itself: this server keeps none, and browsers show it all the same.
        return {"url": f"data:image/{self.wish.output_format or 'png'};base64,{b64encode(file).decode()}"}

    async def events(self, tape: Tape[bytes]) -> AsyncGenerator[bytes, None]:
        name = f"{self.kind}.completed"
        try:
            async for file in tape.read():
                told = {
                    "type": name,
                    "b64_json": b64encode(file).decode(),
                    "created_at": int(time.time()),
                    "size": self.wish.told_size or "auto",
                    "quality": self.wish.quality
                    if self.wish.quality in ("low", "medium", "high")
                    else "auto",
                    "background": "opaque",
                    "output_format": self.wish.output_format or "png",
                    "usage": self.usage(),
                }
                yield answers.event(told, name)
        except DuologueError as error:  # the status is sent already: the stream itself has to tell
            yield answers.event({"error": faults.told(error)}, "error")

    async def answer(self, request: HttpRequest) -> Response:
        tape = Tape(self.files())
        if self.wish.stream:
            return await answers.streamed(request, tape, self.events(tape))

        async def told() -> Response:
            return JSONResponse(self.told([file async for file in tape.read()]))

        return await answers.whole(request, tape, told)


@router.post("/generations", summary="A picture of what the words ask for", response_model=None)
async def generations(asked: GenerationWish, request: HttpRequest, shared: Shared, asker: Who) -> Response:
    asked.check(shared)
    return await Work(asked, _drawing(asked, (), shared), shared, asker).answer(request)


@router.post(
    "/edits",
    summary="A picture after others that are shown",
    response_model=None,
    openapi_extra=described(EditWish, "image"),
)
async def edits(request: HttpRequest, shared: Shared, asker: Who) -> Response:
    wish, shown, opacity = await _edit(request, shared, asker)
    mask = None if opacity is None else Mask(shown[0].pixels, opacity)
    work = Work(wish, _drawing(wish, shown, shared), shared, asker, mask, "image_edit")
    return await work.answer(request)


@router.post("/variations", include_in_schema=False)
async def variations(request: HttpRequest) -> None:
    raise NotOffered("variations are not offered here; send the image to /v1/images/edits with a prompt")


def _drawing(wish: Wish, shown: tuple[Picture, ...], shared: ServerState) -> Drawing:
    settings = shared.settings
    prompt = check(wish.prompt, settings.max_text_chars)
    return Drawing(shared.engine, prompt, shown, wish.n or 1, settings.temperature, settings.seed)


async def _edit(
    request: HttpRequest, shared: ServerState, asker: Caller
) -> tuple[Wish, tuple[Picture, ...], Pixels | None]:
    """The wish, the pictures shown, and how opaque the mask is, from a form or from JSON."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() == "application/json":
        return await _edit_of_json(request, shared, asker)
    filled = await form(request)
    try:
        wish = filled.fields(EditWish)
        wish.check(shared)
        return wish, await _shown(filled, shared), await _opacity(filled, shared)
    finally:
        await filled.close()


async def _shown(filled: Form, shared: ServerState) -> tuple[Picture, ...]:
    files = filled.files("image")
    if not 1 <= len(files) <= MOST_SHOWN:
        raise BadInput(f"the form has {len(files)} files named 'image'; send 1 to {MOST_SHOWN}", "image")
    most = shared.settings.max_image_pixels
    try:
        return tuple([Picture(await asyncio.to_thread(picture.decode, file.read(), most)) for file in files])
    except BadImage as error:
        error.param = "image"
        raise


async def _opacity(filled: Form, shared: ServerState) -> Pixels | None:
    if not filled.files("mask"):
        return None
    try:
        most = shared.settings.max_image_pixels
        return await asyncio.to_thread(picture.opacity, filled.file("mask").read(), most)
    except BadImage as error:
        error.param = "mask"
        raise


async def _edit_of_json(
    request: HttpRequest, shared: ServerState, asker: Caller
) -> tuple[Wish, tuple[Picture, ...], Pixels | None]:
    try:
        wish = JsonEditWish.model_validate_json(await request.body())
    except ValidationError as error:
        raise faults.explain(error.errors(), "application/json") from None
    wish.check(shared)
    if wish.mask is not None:
        raise BadInput("a mask is taken in a multipart form only; send one, or leave it out", "mask")
    materials, shown = Materials(shared, asker), list[Picture]()
    for number, each in enumerate(wish.images):
        param = f"images[{number}]"
        part = await materials.part(Shown("image", each.file_id or each.image_url or "", param))
        if not isinstance(part, Picture):
            raise BadImage("this file is no picture; send PNG, JPEG, WebP or GIF", param)
        shown.append(part)
    return wish, tuple(shown), None
