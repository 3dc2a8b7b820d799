"""What comes in with a question beside its words: images, recordings and files, from base64 to a part.

The server fetches nothing from other machines. Decoding blocks, so it runs in a thread.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

from duologue import picture, sound, text
from duologue.engine import Part, Picture, Sound, Text
from duologue.errors import BadAudio, BadImage, BadInput, DuologueError
from duologue.server.access import Caller
from duologue.server.state import ServerState

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
SOUNDS = (".wav", ".mp3", ".flac", ".ogg")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Materials:
    """Turns what a caller's request holds or names into parts. `param` is the field it stands in."""

    shared: ServerState
    caller: Caller

    def words(self, written: str, param: str) -> str:
        """Checked text. Raises BadText."""
        with_param = _Blame(param)
        return with_param(lambda: text.check(written, self.shared.settings.max_text_chars))

    async def image(self, url: str, param: str) -> Part:
        """A picture in a data URI, or an uploaded file's id. Raises BadImage or NotFound."""
        if url.startswith("file-"):
            return await self.uploaded(url, param)
        if not url.startswith("data:"):
            raise BadImage(
                "images are not fetched from addresses; send it as data:image/png;base64,...", param
            )
        return await self._picture(_data_uri(url, param), param)

    async def recording(self, data: str, param: str) -> Part:
        """Raises BadAudio."""
        return await self._sound(_base64(data, param), param)

    async def file(self, name: str, data: str, param: str) -> Part:
        """A file that came along, as bare base64 or a data URI. Raises BadInput."""
        content = _data_uri(data, param) if data.startswith("data:") else _base64(data, param)
        return await self._file(name, content, param)

    async def uploaded(self, id: str, param: str) -> Part:
        """A file of /v1/files. Raises NotFound or BadInput."""
        from duologue.server.files import stored_file

        name, content = await stored_file(self.shared.kept, self.caller.id, id)
        return await self._file(name, content, param)

    async def _file(self, name: str, content: bytes, param: str) -> Part:
        ending = PurePath(name).suffix.lower()
        if ending in PICTURES:
            return await self._picture(content, param)
        if ending in SOUNDS:
            return await self._sound(content, param)
        from duologue.server import documents

        found = await asyncio.to_thread(_Blame(param), lambda: documents.text_of(name, content))
        return Text(self.words(found, param))

    async def _picture(self, content: bytes, param: str) -> Part:
        most = self.shared.settings.max_image_pixels
        return Picture(await asyncio.to_thread(_Blame(param), lambda: picture.decode(content, most)))

    async def _sound(self, content: bytes, param: str) -> Part:
        most = self.shared.settings.max_audio_s
        if not content:
            raise BadAudio("the audio is empty; send a WAV or MP3 file", param)
        return Sound(await asyncio.to_thread(_Blame(param), lambda: sound.decode(content, most)))


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


def _data_uri(uri: str, param: str) -> bytes:
    head, comma, data = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise BadInput("this data URI cannot be read; write data:TYPE;base64,DATA", param)
    return _base64(data, param)


def _base64(data: str, param: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(
            "this is not base64; encode the file's bytes with the standard alphabet", param
        ) from None
