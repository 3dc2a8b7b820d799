"""The text of a document: PDF, DOCX, CSV, JSON, code, plain text; bounded in every direction.

Word's files are zipped XML, read with the standard library: no entity of theirs is expanded, no file that
swells beyond its bound is unpacked.
"""

from __future__ import annotations

import codecs
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from xml.parsers import expat

from duologue.errors import BadInput

MOST_CHARS = 18_000  # below settings.max_text_chars, so that the note about what was cut has room
MOST_PAGES = 500  # of a PDF
MOST_XML = 20 * 2**20  # bytes of a DOCX's text, unpacked

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NO_TEXT = {
    ".doc": "save it as DOCX or PDF",
    ".xls": "save it as CSV",
    ".xlsx": "save it as CSV",
    ".ppt": "save it as PDF",
    ".pptx": "save it as PDF",
    ".odt": "save it as DOCX or PDF",
    ".zip": "send the files that are in it",
}


def text_of(name: str, content: bytes) -> str:
    """What a file says; cut behind MOST_CHARS with a note that says so. Raises BadInput.

    It blocks: call it in a thread.
    """
    ending = PurePath(name).suffix.lower()
    if not content:
        raise BadInput("the file is empty; send one with something in it")
    if ending in _NO_TEXT:
        raise BadInput(f"{ending[1:].upper()} files are not read here; {_NO_TEXT[ending]}")
    if content.startswith(b"%PDF-") or ending == ".pdf":
        return _bounded(_pdf(content))
    if ending == ".docx":
        return _bounded(_docx(content))
    return _bounded(iter([_plain(content)]))


def _bounded(parts: Iterator[str]) -> str:
    text, is_cut = "", False
    for part in parts:
        text += part
        if len(text) > MOST_CHARS:
            is_cut = True
            break
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise BadInput("no text was found in the file; if its pages are pictures, send them as images")
    if not is_cut:
        return text.strip()
    note = f"[The file goes on; only its first {MOST_CHARS:,} characters are here.]"
    return f"{text[:MOST_CHARS].strip()}\n\n{note}"


# Plain


def _plain(content: bytes) -> str:
    """By its byte order mark, else UTF-8, else as western Europe once wrote."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content[:4096]:
        raise BadInput("the file is no text; send PDF, DOCX, CSV, JSON or plain text")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


# PDF


def _pdf(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadInput("the PDF needs a password; save it without one")
        for number, page in enumerate(reader.pages):
            if number >= MOST_PAGES:
                yield f"\n[The file goes on; only its first {MOST_PAGES} pages are here.]"
                return
            yield page.extract_text() + "\n\n"
    except BadInput:
        raise
    # pypdf lets almost anything escape from a damaged file; all of it means the same to whoever sent it.
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise BadInput("the PDF is damaged or unusual; save it again, or send its text") from error
    except (zlib.error, OSError, NotImplementedError, AssertionError, OverflowError) as error:
        raise BadInput("the PDF is damaged or unusual; save it again, or send its text") from error


# DOCX


def _docx(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entry = archive.getinfo("word/document.xml")
            if entry.file_size > MOST_XML:
                raise BadInput("the DOCX unpacks to far more than it is; save it again, or send its text")
            with archive.open(entry) as file:
                yield from _paragraphs(file.read(MOST_XML))
    except (zipfile.BadZipFile, KeyError, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise BadInput("the DOCX is damaged or has a password; save it again without one") from None


def _paragraphs(xml: bytes) -> Iterator[str]:
    """Paragraphs of the main text; the cells of a table row are parted by tabs."""
    found = _Paragraphs()
    try:
        found.parser.Parse(xml, True)
    except expat.ExpatError:
        raise BadInput("the DOCX is damaged; save it again, or send its text") from None
    yield from found.parts


class _Paragraphs:
    """Reads WordprocessingML: text in w:t, tabs and breaks, ends of paragraphs and of cells."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity
        self._in_text = False
        self._in_cell = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.removeprefix(f"{_WORD} "):
            case "t":
                self._in_text = True
            case "tc":
                self._in_cell += 1
            case "tab":
                self.parts.append("\t")
            case "br" | "cr":
                self.parts.append("\n")

    def _end(self, name: str) -> None:
        match name.removeprefix(f"{_WORD} "):
            case "t":
                self._in_text = False
            case "p":
                self.parts.append(" " if self._in_cell else "\n")
            case "tc":
                self._in_cell -= 1
                self.parts.append("\t")
            case "tr":
                self.parts.append("\n")

    def _characters(self, text: str) -> None:
        if self._in_text:
            self.parts.append(text)

    def _entity(self, *declared: object) -> None:
        """Word writes none; bombs are made of them."""
        raise BadInput("the DOCX declares entities, which no honest one does; save it again")
