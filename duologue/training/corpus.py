"""Real text, sentence pairs, speech and pictures from a folder laid out like this (any part may be absent):

    text/NAME.jsonl.zst      an object a line: messages | text | user, intent, slots
    parallel/en-XX.tsv.zst   src, tgt, lang, origin; the first line names the columns
    audio/NAME.tar.zst       sound files, beside NAME.jsonl: path, text, speaker, lang, emotion, licence
    images/NAME.tar.zst      small pictures, beside NAME.jsonl: path, label and what else is known

Everything streams; nothing is unpacked to disk. Knows nothing of tokens, frames or the network.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray
from PIL import Image

from duologue import sound
from duologue.errors import BadAudio, DuologueError

Row = dict[str, Any]  # Any: a line of somebody's file; each reader below checks what it needs
Split = Literal["train", "held_out"]
Kind = Literal["text", "parallel", "audio", "images"]

SUFFIXES: dict[Kind, str] = {
    "text": ".jsonl.zst",
    "parallel": ".tsv.zst",
    "audio": ".tar.zst",
    "images": ".tar.zst",
}
HELD_OUT_SPEAKERS = 0.10  # of the speakers of a set
HELD_OUT_SENTENCES = 0.05  # of the sentences, clips or pictures where speakers cannot be told apart
SPEECH_LEVEL_DB = -23.0  # RMS of the sounding parts under full scale; the sets differ by 13 dB
MAX_CLIP_SECONDS = 60.0


class BadCorpus(DuologueError):
    """The folder cannot be used; the sentence says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Conversation:
    turns: tuple[tuple[str, str], ...]  # (role, text); role is user, assistant or system
    source: str  # the name of its file
    language: str
    split: Split
    facts: Row  # what else its line says: style, topic, answers


@dataclass(frozen=True, slots=True)
class Clip:
    samples: sound.Samples  # 16 kHz, at SPEECH_LEVEL_DB
    text: str | None  # None: nobody wrote down what is said
    speaker: str | None
    language: str
    emotion: str | None
    split: Split
    name: str
    facts: Row  # the rest of its line: gender, age, accent, intent, slots


@dataclass(frozen=True, slots=True)
class Picture:
    image: NDArray[np.uint8]  # (height, width, 3), on white where it was transparent
    labels: Row  # label, and what else its line says
    split: Split
    name: str


class Pair(NamedTuple):
    english: str
    other: str
    origin: str
    split: Split


class Corpus:
    """A folder of training data. Every reader streams, in the same order each time. Raises BadCorpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not any((folder / kind).is_dir() for kind in SUFFIXES):
            raise BadCorpus(
                f"{folder} has none of the folders {', '.join(SUFFIXES)}; give the folder that holds them"
            )

    def names(self, kind: Kind) -> list[str]:
        """The sets of one kind that are here, in order; for "parallel" the languages."""
        found = sorted(path.name for path in (self.folder / kind).glob("*" + SUFFIXES[kind]))
        return [
            name.removesuffix(SUFFIXES[kind]).removeprefix("en-" if kind == "parallel" else "")
            for name in found
        ]

    def rows(self, name: str | None = None) -> Iterator[Row]:
        """The raw lines of one text file, or of all."""
        for one in self.names("text") if name is None else [name]:
            path = self._path("text", one)
            yield from _json_lines(path, _text_lines(path))

    def texts(self, name: str | None = None) -> Iterator[str]:
        """Every piece of text in one file, or in all: turns, commands, responses, stories."""
        for row in self.rows(name):
            yield from (message["content"] for message in row.get("messages", ()))
            yield from (row[key] for key in ("text", "user", "response") if row.get(key))

    def conversations(self, name: str | None = None, split: Split | None = None) -> Iterator[Conversation]:
        """The lines that hold messages, of one file or of all; `split` keeps one side."""
        for one in self.names("text") if name is None else [name]:
            for row in self.rows(one):
                if row.get("messages") and (found := _conversation(row, one)).split == (split or found.split):
                    yield found

    def parallel(self, language: str) -> Iterator[Pair]:
        """English sentences with their translations."""
        path = self._path("parallel", f"en-{language}")
        for number, line in enumerate(_text_lines(path)):
            match line.rstrip("\n").split("\t"):
                case ["src", "tgt", *_] if number == 0:
                    continue
                case [english, other, *rest]:
                    origin = rest[1] if len(rest) > 1 else ""
                    yield Pair(english, other, origin, hash_split(english))
                case _:
                    raise BadCorpus(f"line {number + 1} of {path} has no tab; each needs src and tgt")

    def clips(self, name: str, split: Split | None = None) -> Iterator[Clip]:
        """Recordings of one set, resampled and brought to one level; `split` keeps one side."""
        held_out = self.held_out_speakers(name)
        for member, row, content in self._members("audio", name):
            side = clip_split(row, held_out)
            if split in (None, side):
                try:
                    samples = to_level(sound.decode(content, MAX_CLIP_SECONDS))
                except BadAudio as error:
                    raise _bad_member("audio", name, member, error) from error
                yield _clip(samples, row, side, member)

    def pictures(self, name: str, split: Split | None = None) -> Iterator[Picture]:
        """Pictures of one set with their labels, at their own size; `split` keeps one side."""
        for member, row, content in self._members("images", name):
            side = hash_split(f"{name}/{member}")
            if split in (None, side):
                try:
                    image = _pixels(content)
                except (OSError, SyntaxError, ValueError) as error:  # whatever Pillow's decoders let escape
                    raise _bad_member("images", name, member, error) from error
                yield Picture(image, {k: v for k, v in row.items() if k != "path"}, side, member)

    def held_out_speakers(self, name: str) -> frozenset[str]:
        """The speakers of an audio set that are never trained on: a tenth of them, at least one of two.

        Always the same for the same speakers. Empty where a set has one: there, sentences are held out.
        """
        speakers = {row["speaker"] for row in self._manifest("audio", name).values() if row.get("speaker")}
        ranked = sorted(speakers, key=lambda speaker: _fraction(f"{name}/{speaker}"))
        return frozenset(ranked[: max(1, round(len(ranked) * HELD_OUT_SPEAKERS))] if len(ranked) > 1 else ())

    def _members(self, kind: Kind, name: str) -> Iterator[tuple[str, Row, bytes]]:
        """(file name, its line of the manifest, its bytes) in the archive's order."""
        rows = self._manifest(kind, name)
        missing = dict.fromkeys(rows)
        path = self._path(kind, name)
        try:
            with path.open("rb") as file:
                plain = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
                with tarfile.open(fileobj=plain, mode="r|") as archive:
                    for entry in archive:
                        member = entry.name.removeprefix("./")
                        if member in rows and (content := archive.extractfile(entry)) is not None:
                            missing.pop(member, None)
                            yield member, rows[member], content.read()
        except (zstandard.ZstdError, tarfile.TarError) as error:
            raise BadCorpus(f"{path} is damaged or cut short ({error}); copy it again") from error
        if missing:
            lacks = f"{path} lacks {len(missing)} files of its manifest, the first is {next(iter(missing))}"
            raise BadCorpus(f"{lacks}; copy the archive again or take those lines out of the .jsonl")

    def _manifest(self, kind: Kind, name: str) -> dict[str, Row]:
        path = self.folder / kind / f"{name}.jsonl"
        if not path.is_file():
            raise BadCorpus(f"there is no {path}; each archive needs its manifest beside it")
        rows = {}
        with path.open(encoding="utf-8") as lines:
            for row in _json_lines(path, lines):
                if not isinstance(row.get("path"), str):
                    raise BadCorpus(f'a line of {path} has no "path": {json.dumps(row)[:80]}; name its file')
                # "archive.tar.zst:file.opus" and "file.opus" mean the same
                rows[row["path"].rpartition(":")[2].removeprefix("./")] = row
        return rows

    def _path(self, kind: Kind, name: str) -> Path:
        path = self.folder / kind / (name + SUFFIXES[kind])
        if not path.is_file():
            raise BadCorpus(f"there is no {path}; here are: {', '.join(self.names(kind)) or 'none'}")
        return path


def hash_split(text: str) -> Split:
    """Hold out one sentence in twenty by its words alone: everywhere a sentence falls on the same side."""
    words = " ".join(re.findall(r"\w+", text.lower())) or text
    return "held_out" if _fraction(words) < HELD_OUT_SENTENCES else "train"


def clip_split(row: Row, held_out_speakers: frozenset[str]) -> Split:
    """By speaker where the set tells several apart, by sentence where it has one, else by clip."""
    speaker = row.get("speaker")
    if speaker and held_out_speakers:
        return "held_out" if speaker in held_out_speakers else "train"
    return hash_split((speaker and row.get("text")) or row["path"])


def short_dialogue(
    conversation: Conversation, max_words: int = 14, max_turns: int = 6
) -> Conversation | None:
    """The beginning of a conversation while every turn is short and plain, ending with the assistant.

    None if not even the first question and answer are. What is left suits a small network and a voice.
    """
    turns: list[tuple[str, str]] = []
    for role, text in conversation.turns[:max_turns]:
        if not is_plain(text, max_words) or role != ("assistant" if len(turns) % 2 else "user"):
            break
        turns.append((role, text.strip()))
    turns = turns[: len(turns) // 2 * 2]
    if not turns:
        return None
    return replace(conversation, turns=tuple(turns))


def is_plain(text: str, max_words: int) -> bool:
    """One line of at most `max_words` words that can be read aloud: letters, digits, common punctuation."""
    return len(text.split()) in range(1, max_words + 1) and _PLAIN.fullmatch(text.strip()) is not None


_PLAIN = re.compile(r"(?:[^\W_]|[ ,.?!'’\"¿¡:;–-])+")


def to_level(samples: sound.Samples, level_db: float = SPEECH_LEVEL_DB) -> sound.Samples:
    """Bring the sounding parts (20 ms pieces within 30 dB of the loudest) to one level; never clips."""
    pieces = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = np.square(pieces, dtype=np.float64).mean(axis=1)
    if not power.size or power.max() <= 1e-10:  # silence stays silence
        return samples
    gain = 10 ** (level_db / 20) / np.sqrt(power[power > power.max() * 1e-3].mean())
    loudest = float(np.abs(samples).max())
    louder: sound.Samples = (samples * min(gain, 0.99 / loudest)).astype(np.float32)
    return louder


def _clip(samples: sound.Samples, row: Row, split: Split, name: str) -> Clip:
    known = {"path", "text", "speaker", "lang", "emotion"}
    facts = {key: value for key, value in row.items() if key not in known}
    text, speaker, emotion = row.get("text"), row.get("speaker"), row.get("emotion")
    return Clip(samples, text, speaker, row.get("lang", "en"), emotion, split, name, facts)


def _pixels(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as image:
        upper = image.convert("RGBA")
    return np.array(Image.alpha_composite(Image.new("RGBA", upper.size, "white"), upper).convert("RGB"))


def _conversation(row: Row, name: str) -> Conversation:
    try:
        turns = tuple((message["role"], message["content"]) for message in row["messages"])
    except (KeyError, TypeError):
        start = json.dumps(row["messages"])[:80]
        raise BadCorpus(f"messages in {name} need a role and a content each, got {start}") from None
    facts = {key: value for key, value in row.items() if key not in {"messages", "lang"}}
    return Conversation(turns, name, row.get("lang", "en"), hash_split(turns[0][1]), facts)


def _text_lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            plain = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            yield from io.TextIOWrapper(plain, encoding="utf-8", newline="\n")
    except (zstandard.ZstdError, UnicodeDecodeError) as error:
        raise BadCorpus(f"{path} is damaged or not zstd-compressed UTF-8 ({error}); copy it again") from error


def _json_lines(path: Path, lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise BadCorpus(f"line {number} of {path} is no JSON object; it may be cut short: copy it again")
        yield row


def _bad_member(kind: Kind, name: str, member: str, error: Exception) -> BadCorpus:
    return BadCorpus(
        f"{member} in {kind}/{name}{SUFFIXES[kind]}: {error}; or take its line out of the manifest"
    )


def _fraction(text: str) -> float:
    """A number in [0, 1) that depends on the text alone, the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
