"""What comes in with a question beside its words: images, recordings and files, from base64 to a part.

The server fetches nothing from other machines. Decoding blocks, so it runs in a thread.
"""

from __future__ import annotations

import base64
import binascii
from asyncio import to_thread
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePath
from typing import Literal, TypeVar

from duologue import picture, sound, text
from duologue.engine import Part, Picture, Sound, Text
from duologue.errors import BadAudio, BadImage, BadInput, DuologueError
from duologue.server import documents
from duologue.server.access import Caller
from duologue.server.files import stored_file
from duologue.server.state import ServerState

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
SOUNDS = (".wav", ".mp3", ".flac", ".ogg")

T = TypeVar("T")


Kind = Literal["text", "image", "recording", "file", "uploaded"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a message, whichever dialect it was written in."""

    kind: Kind
    value: str  # the text, the data (base64 or a data URI), or the id of what was uploaded
    param: str  # the field that it stands in
    name: str = ""  # a file's


@dataclass(frozen=True, slots=True)
class Materials:
    """Turns what a caller's request holds or names into parts."""

    shared: ServerState
    caller: Caller

    def words(self, written: str, param: str) -> str:
        """Checked text. Raises BadText."""
        return _Blame(param)(lambda: text.check(written, self.shared.settings.max_text_chars))

    def written(self, content: Sequence[Shown]) -> str:
        """The text of a message that may hold nothing else; empty when it is blank. Raises BadInput."""
        for each in content:
            if each.kind != "text":
                raise BadInput("only a user's message may show this; here text is taken", each.param)
        return "\n".join(self.words(each.value, each.param) for each in content if each.value.strip())

    async def parts(self, content: Sequence[Shown]) -> list[Part]:
        """What a user writes, shows and says. Texts that follow each other are read as one.

        Raises BadInput, BadText, BadImage, BadAudio or NotFound.
        """
        parts: list[Part] = []
        for is_text, run in groupby(content, lambda each: each.kind == "text"):
            if not is_text:
                parts += [await self.part(each) for each in run]
            elif written := self.written(list(run)):
                parts.append(Text(written))
        return parts

    async def part(self, shown: Shown) -> Part:
        match shown.kind:
            case "text":
                return Text(self.words(shown.value, shown.param))
            case "image":
                return await self._image(shown)
            case "recording":
                return await self._sound(await to_thread(_bytes, shown), shown.param)
            case "file":
                return await self._file(shown.name, await to_thread(_bytes, shown), shown.param)
            case "uploaded":
                name, content = await stored_file(self.shared.kept, self.caller.id, shown.value)
                return await self._file(name, content, shown.param)

    async def _image(self, shown: Shown) -> Part:
        if shown.value.startswith("file-"):
            return await self.part(replace(shown, kind="uploaded"))
        if not shown.value.startswith("data:"):
            raise BadImage("no image is fetched from the web; send data:image/png;base64,...", shown.param)
        return await self._picture(await to_thread(_bytes, shown), shown.param)

    async def _file(self, name: str, content: bytes, param: str) -> Part:
        ending = PurePath(name).suffix.lower()
        if ending in PICTURES:
            return await self._picture(content, param)
        if ending in SOUNDS:
            return await self._sound(content, param)
        found = await to_thread(_Blame(param), lambda: documents.text_of(name, content))
        return Text(self.words(found, param))

    async def _picture(self, content: bytes, param: str) -> Part:
        most = self.shared.settings.max_image_pixels
        return Picture(await to_thread(_Blame(param), lambda: picture.decode(content, most)))

    async def _sound(self, content: bytes, param: str) -> Part:
        most = self.shared.settings.max_audio_s
        if not content:
            raise BadAudio("the audio is empty; send a WAV or MP3 file", param)
        return Sound(await to_thread(_Blame(param), lambda: sound.decode(content, most)))


@dataclass(frozen=True, slots=True)
class _Blame:
    """Does something, and names the field in an error that it raises."""

    param: str

    def __call__(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except DuologueError as error:
            error.param = error.param or self.param
            raise


def _bytes(shown: Shown) -> bytes:
    """What base64 says, bare or in a data URI."""
    data = shown.value
    if data.startswith("data:"):
        head, comma, data = data.partition(",")
        if not comma or not head.endswith(";base64"):
            raise BadInput("this data URI cannot be read; write data:TYPE;base64,DATA", shown.param)
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(
            "this is not base64; encode the bytes with the standard alphabet", shown.param
        ) from None
