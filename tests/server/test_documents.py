"""The text of documents, and what does not get past: bombs, passwords, damage, other kinds."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from duologue.errors import BadInput
from duologue.server.documents import MOST_CHARS, MOST_PAGES, MOST_XML, text_of

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, head: str = "") -> bytes:
    xml = f"<?xml version='1.0'?>{head}<w:document {WORD}><w:body>{body}</w:body></w:document>"
    return zipped("word/document.xml", xml.encode())


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def pdf(*pages: str) -> bytes:
    """Written by hand: one line of Helvetica on each page."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
        link = f"/Contents {5 + 2 * number} 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F1 3 0 R>>>>"
        objects += [
            f"<</Type/Page/Parent 2 0 R{link}>>".encode(),
            b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        ]
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    return content + end + b"startxref\n%d\n%%%%EOF" % len(content)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", "Grüße".encode(), "Grüße"),
        ("a.txt", "Grüße".encode("utf-16"), "Grüße"),
        ("a.txt", "Grüße".encode("utf-8-sig"), "Grüße"),
        ("a.txt", "Grüße".encode("cp1252"), "Grüße"),
        ("a.csv", b"a,b\r\n1,2\r\n", "a,b\n1,2"),
        ("a.json", b'{"a": [1]}', '{"a": [1]}'),
        ("a.py", b"def f():\n    return 1\n", "def f():\n    return 1"),
        ("Makefile", b"all:\n\techo", "all:\n\techo"),
    ],
)
def test_plain_files(name: str, content: bytes, text: str) -> None:
    assert text_of(name, content) == text


def test_word() -> None:
    table = f"<w:tbl><w:tr><w:tc>{paragraph('x')}</w:tc><w:tc>{paragraph('y')}</w:tc></w:tr></w:tbl>"
    body = paragraph("One &amp; two") + "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r></w:p>" + table
    assert text_of("a.docx", docx(body)) == "One & two\na\tb\nx \ty"


def test_pdf() -> None:
    assert text_of("a.pdf", pdf("Hello world", "Second page")).split("\n\n") == ["Hello world", "Second page"]
    assert text_of("named wrongly", pdf("Hello")) == "Hello"


def test_what_is_cut_is_told() -> None:
    text = text_of("a.txt", b"word " * MOST_CHARS)
    assert text.endswith(f"[The file goes on; only its first {MOST_CHARS:,} characters are here.]")
    assert len(text) < 20_000
    assert text_of("a.docx", docx(paragraph("word " * MOST_CHARS))).endswith("are here.]")
    assert text_of("a.pdf", pdf(*["page"] * (MOST_PAGES + 1))).endswith(
        f"first {MOST_PAGES} pages are here.]"
    )


def test_a_pdf_with_a_password() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf("secret")))
    writer.encrypt("password", algorithm="RC4-128")
    content = io.BytesIO()
    writer.write(content)
    with pytest.raises(BadInput, match="password"):
        text_of("a.pdf", content.getvalue())


ENTITIES = '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (docx(paragraph("&b;"), ENTITIES), "entities"),
        (docx(paragraph("&x;"), '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "entities"),
        (zipped("word/document.xml", bytes(MOST_XML + 1)), "unpacks to far more"),
        (zipped("other.xml", b"x"), "damaged"),
        (docx("<w:p>"), "damaged"),
        (docx("")[:40], "damaged"),
        (b"PK\x03\x04", "damaged"),
        (docx(""), "no text"),
    ],
    ids=["entities", "outside", "bomb", "no word", "torn", "cut", "head only", "blank"],
)
def test_bad_word_files(content: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        text_of("a.docx", content)


def test_a_zip_that_lies_about_its_size() -> None:
    content = bytearray(zipped("word/document.xml", b" " * 2**20))
    packed = len(zlib.compress(b" " * 2**20))
    start = content.rindex(b"PK\x01\x02")
    content[start + 24 : start + 28] = packed.to_bytes(4, "little")
    with pytest.raises(BadInput):
        text_of("a.docx", bytes(content))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xlsx", b"PK", "XLSX files are not read here; save it as CSV"),
        ("a.doc", b"\xd0\xcf", "DOC files"),
        ("a.bin", b"\0\1\2\3", "no text"),
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n ", "no text was found"),
        ("a.pdf", b"no pdf", "damaged"),
        ("a.pdf", pdf("x")[:200], "damaged"),
    ],
)
def test_other_files(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        text_of(name, content)


@given(st.binary(max_size=300), st.integers(0, 400), st.sampled_from(["a.pdf", "a.docx", "a.txt"]))
@settings(deadline=None, max_examples=60)
def test_damage_has_a_sentence(junk: bytes, at: int, name: str) -> None:
    whole = pdf("Hello world") if name == "a.pdf" else docx(paragraph("Hello world"))
    try:
        text_of(name, whole[:at] + junk + whole[at + len(junk) :])
    except BadInput as error:
        assert error.message
