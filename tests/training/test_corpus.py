"""The corpus: a folder in the documented layout is read as it says, any part may lack, faults are named."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import zstandard
from PIL import Image

from duologue.sound import SAMPLE_RATE, Samples
from duologue.training.corpus import BadCorpus, Corpus, Row, hash_split, is_plain, short_dialogue, to_level


def zip_text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zstandard.compress(text.encode()))


def write_rows(path: Path, rows: list[Row]) -> None:
    zip_text(path, "".join(json.dumps(row) + "\n" for row in rows))


def write_set(folder: Path, name: str, rows: list[Row], files: dict[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for member, content in files.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    (folder / f"{name}.tar.zst").write_bytes(zstandard.compress(plain.getvalue()))


def tone(seconds: float = 0.5, rate: int = SAMPLE_RATE, level: float = 0.01) -> Samples:
    return (level * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def sound_file(samples: Samples, rate: int = SAMPLE_RATE, kind: str = "OGG", subtype: str = "OPUS") -> bytes:
    content = io.BytesIO()
    soundfile.write(content, samples, rate, format=kind, subtype=subtype)
    return content.getvalue()


def image_file(image: Image.Image, kind: str = "WEBP") -> bytes:
    content = io.BytesIO()
    image.save(content, kind, lossless=True)
    return content.getvalue()


def messages(*texts: str) -> list[dict[str, str]]:
    return [{"role": "assistant" if i % 2 else "user", "content": text} for i, text in enumerate(texts)]


def test_text_of_all_three_shapes(tmp_path: Path) -> None:
    talk = {"messages": messages("Hello?", "Hi."), "lang": "fr", "style": "caring"}
    command = {"user": "lights on", "intent": "TurnOn", "slots": {"name": "lights"}, "response": "Done"}
    write_rows(tmp_path / "text/b.jsonl.zst", [{"text": "Once upon a time."}, command])
    write_rows(tmp_path / "text/a.jsonl.zst", [talk])
    corpus = Corpus(tmp_path)
    assert corpus.names("text") == ["a", "b"]
    assert list(corpus.texts()) == ["Hello?", "Hi.", "Once upon a time.", "lights on", "Done"]
    assert list(corpus.rows("b"))[1] == command
    (conversation,) = corpus.conversations()
    assert conversation.turns == (("user", "Hello?"), ("assistant", "Hi."))
    assert (conversation.source, conversation.language, conversation.facts) == (
        "a",
        "fr",
        {"style": "caring"},
    )


def test_one_sentence_in_twenty_is_held_out(tmp_path: Path) -> None:
    rows = [{"messages": messages(f"Question {i}?", "Yes.")} for i in range(1000)]
    write_rows(tmp_path / "text/a.jsonl.zst", rows)
    corpus = Corpus(tmp_path)
    held_out, train = ([c.turns for c in corpus.conversations(split=side)] for side in ("held_out", "train"))
    assert 25 <= len(held_out) <= 75
    assert len(held_out) + len(train) == 1000
    assert hash_split("How are you?") == hash_split("how are you")


def test_sentence_pairs(tmp_path: Path) -> None:
    lines = 'src\ttgt\tlang\torigin\nHe said "go.\tDijo "ve.\tes\ttatoeba\nBye.\tAdiós.\tes\ttatoeba-pivot\n'
    zip_text(tmp_path / "parallel/en-es.tsv.zst", lines)
    corpus = Corpus(tmp_path)
    assert corpus.names("parallel") == ["es"]
    assert [pair[:3] for pair in corpus.parallel("es")] == [
        ('He said "go.', 'Dijo "ve.', "tatoeba"),
        ("Bye.", "Adiós.", "tatoeba-pivot"),
    ]


def test_clips_have_one_rate_and_one_level(tmp_path: Path) -> None:
    stereo = np.stack([tone(rate=48000)] * 2, axis=1)
    files = {
        "quiet.opus": sound_file(tone(level=0.001)),
        "./loud.flac": sound_file(stereo, 48000, "FLAC", "PCM_16"),
        "LICENCE": b"free",
    }
    rows: list[Row] = [
        {
            "path": "a.tar.zst:quiet.opus",
            "text": "beep",
            "speaker": "x",
            "lang": "de",
            "emotion": "sad",
            "age": 6,
        },
        {"path": "loud.flac", "text": None, "speaker": None, "age": 6},
    ]
    write_set(tmp_path / "audio", "a", rows, files)
    quiet, loud = Corpus(tmp_path).clips("a")
    for clip in (quiet, loud):
        assert clip.samples.dtype == np.float32
        assert abs(len(clip.samples) - SAMPLE_RATE / 2) < 700  # Opus pads to whole packets
        assert 20 * np.log10(np.sqrt(np.mean(clip.samples**2))) == pytest.approx(-23, abs=1)
    assert (quiet.text, quiet.speaker, quiet.language, quiet.emotion) == ("beep", "x", "de", "sad")
    assert loud.facts == {"age": 6}
    assert (loud.text, loud.speaker, loud.language, loud.emotion, loud.name) == (
        None,
        None,
        "en",
        None,
        "loud.flac",
    )


def test_a_tenth_of_the_speakers_is_held_out_and_of_few_at_least_one(tmp_path: Path) -> None:
    beep = sound_file(tone(0.1), kind="FLAC", subtype="PCM_16")
    for name, count in (("many", 20), ("few", 3)):
        rows: list[Row] = [
            {"path": f"{i}.flac", "text": "beep", "speaker": f"s{i % count}"} for i in range(2 * count)
        ]
        write_set(tmp_path / "audio", name, rows, {row["path"]: beep for row in rows})
    corpus = Corpus(tmp_path)
    assert len(corpus.held_out_speakers("many")) == 2
    assert len(corpus.held_out_speakers("few")) == 1
    unseen = {clip.speaker for clip in corpus.clips("many", split="held_out")}
    seen = {clip.speaker for clip in corpus.clips("many", split="train")}
    assert unseen == corpus.held_out_speakers("many")
    assert len(seen) == 18
    assert not seen & unseen


def test_of_one_speaker_or_unknown_ones_sentences_or_clips_are_held_out(tmp_path: Path) -> None:
    beep = sound_file(tone(0.1), kind="FLAC", subtype="PCM_16")
    one: list[Row] = [{"path": f"{i}.flac", "text": f"take {i // 2}", "speaker": "only"} for i in range(200)]
    unknown: list[Row] = [{"path": f"{i}.flac", "text": "alexa", "speaker": None} for i in range(200)]
    for name, rows in (("one", one), ("unknown", unknown)):
        write_set(tmp_path / "audio", name, rows, {row["path"]: beep for row in rows})
    corpus = Corpus(tmp_path)
    texts = [[clip.text for clip in corpus.clips("one", split=side)] for side in ("held_out", "train")]
    assert not set(texts[0]) & set(texts[1])
    assert 2 <= len(texts[0]) <= 24
    assert 2 <= len(list(corpus.clips("unknown", split="held_out"))) <= 24


def test_pictures_are_rgb_on_white(tmp_path: Path) -> None:
    files = {
        "clear.webp": image_file(Image.new("RGBA", (5, 4), (255, 0, 0, 0))),
        "grey.png": image_file(Image.new("L", (3, 2), 7), "PNG"),
    }
    rows = [
        {"path": "clear.webp", "label": "nothing"},
        {"path": "grey.png", "label": "fog", "in": "air"},
    ]
    write_set(tmp_path / "images", "a", rows, files)
    clear, grey = Corpus(tmp_path).pictures("a")
    assert np.array_equal(clear.image, np.full((4, 5, 3), 255, np.uint8))
    assert np.array_equal(grey.image, np.full((2, 3, 3), 7, np.uint8))
    assert (clear.labels, grey.labels) == ({"label": "nothing"}, {"label": "fog", "in": "air"})


def test_a_name_that_stands_twice_gives_both_files(tmp_path: Path) -> None:
    row = {"path": "a.png", "label": "juice"}
    write_set(tmp_path / "images", "a", [row, row], {"a.png": image_file(Image.new("L", (2, 2)), "PNG")})
    twice = io.BytesIO()
    with tarfile.open(fileobj=twice, mode="w") as archive:
        for grey in (1, 2):
            content = image_file(Image.new("L", (2, 2), grey), "PNG")
            entry = tarfile.TarInfo("a.png")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    (tmp_path / "images/a.tar.zst").write_bytes(zstandard.compress(twice.getvalue()))
    assert [picture.image[0, 0, 0] for picture in Corpus(tmp_path).pictures("a")] == [1, 2]


def test_loudness_is_of_the_sounding_part() -> None:
    speech = tone(1, level=0.02)
    alone = to_level(speech)
    within = to_level(np.concatenate([np.zeros(32000, np.float32), speech]))[32000:]
    assert np.allclose(alone, within)
    assert np.array_equal(to_level(np.zeros(1600, np.float32)), np.zeros(1600, np.float32))
    click = np.zeros(16000, np.float32)
    click[8000] = 0.5
    assert np.abs(to_level(click)).max() < 1


def test_a_dialogue_is_cut_where_it_stops_being_short_and_plain(tmp_path: Path) -> None:
    rows = [
        {"messages": messages("Hi!", "Hello, how are you?", "Fine.", "See https://x.org/_a", "Ok.", "Yes.")},
        {"messages": messages("Why?", "word " * 15)},
    ]
    write_rows(tmp_path / "text/a.jsonl.zst", rows)
    first, second = Corpus(tmp_path).conversations()
    short = short_dialogue(first)
    assert short is not None
    assert short.turns == (("user", "Hi!"), ("assistant", "Hello, how are you?"))
    assert short_dialogue(second) is None
    assert short_dialogue(second, max_words=15) is not None


@pytest.mark.parametrize("text", ["What's 7 plus 5?", "¿Qué tal, señor?", "Über “x”, nein"[:5], "Well – no."])
def test_plain_text(text: str) -> None:
    assert is_plain(text, 5)


@pytest.mark.parametrize("text", ["", " ", "two\nlines", "a = b", "`ls`", "one two three four five six"])
def test_text_that_is_not_plain(text: str) -> None:
    assert not is_plain(text, 5)


def nothing(folder: Path) -> object:
    return Corpus(folder / "nowhere")


def empty_folder(folder: Path) -> object:
    return Corpus(folder)


def unknown_set(folder: Path) -> object:
    write_rows(folder / "text/stories.jsonl.zst", [])
    return list(Corpus(folder).rows("storys"))


def line_cut_short(folder: Path) -> object:
    zip_text(folder / "text/a.jsonl.zst", '{"text": "whole"}\n{"text": "ha')
    return list(Corpus(folder).texts())


def not_compressed(folder: Path) -> object:
    (folder / "text").mkdir()
    (folder / "text/a.jsonl.zst").write_text('{"text": "plain"}')
    return list(Corpus(folder).texts())


def message_without_role(folder: Path) -> object:
    write_rows(folder / "text/a.jsonl.zst", [{"messages": [{"content": "Hi"}]}])
    return list(Corpus(folder).conversations())


def pair_without_tab(folder: Path) -> object:
    zip_text(folder / "parallel/en-es.tsv.zst", "src\ttgt\nyes\n")
    return list(Corpus(folder).parallel("es"))


def no_manifest(folder: Path) -> object:
    write_set(folder / "audio", "a", [], {})
    (folder / "audio/a.jsonl").unlink()
    return list(Corpus(folder).clips("a"))


def row_without_path(folder: Path) -> object:
    write_set(folder / "audio", "a", [{"text": "hi"}], {})
    return list(Corpus(folder).clips("a"))


def row_without_file(folder: Path) -> object:
    write_set(folder / "audio", "a", [{"path": "gone.opus"}], {})
    return list(Corpus(folder).clips("a"))


def archive_cut_short(folder: Path) -> object:
    noise = np.random.default_rng(0).bytes(100_000)
    write_set(
        folder / "images", "a", [{"path": "a.png"}, {"path": "b.png"}], {"a.png": noise, "b.png": noise}
    )
    archive = folder / "images/a.tar.zst"
    archive.write_bytes(archive.read_bytes()[:50_000])
    return list(Corpus(folder).pictures("a"))


def sound_that_is_none(folder: Path) -> object:
    write_set(folder / "audio", "a", [{"path": "a.opus"}], {"a.opus": b"OggS and nothing"})
    return list(Corpus(folder).clips("a"))


def picture_that_is_none(folder: Path) -> object:
    write_set(folder / "images", "a", [{"path": "a.png"}], {"a.png": b"\x89PNG and nothing"})
    return list(Corpus(folder).pictures("a"))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (nothing, r"none of the folders.*give the folder"),
        (empty_folder, r"none of the folders"),
        (unknown_set, r"storys.*here are: stories"),
        (line_cut_short, r"line 2 of .*a\.jsonl\.zst.*copy it again"),
        (not_compressed, r"a\.jsonl\.zst is damaged or not zstd"),
        (message_without_role, r"role and a content"),
        (pair_without_tab, r"line 2 of .*en-es.*no tab"),
        (no_manifest, r"no .*a\.jsonl; each archive needs"),
        (row_without_path, r'has no "path"'),
        (row_without_file, r"lacks 1 files.*gone\.opus.*take those lines out"),
        (archive_cut_short, r"a\.tar\.zst is damaged or cut short.*copy it again"),
        (sound_that_is_none, r"a\.opus in audio/a\.tar\.zst.*out of the manifest"),
        (picture_that_is_none, r"a\.png in images/a\.tar\.zst.*out of the manifest"),
    ],
)
def test_faults_are_told_in_one_sentence(
    tmp_path: Path, fault: Callable[[Path], object], sentence: str
) -> None:
    with pytest.raises(BadCorpus, match=sentence) as caught:
        fault(tmp_path)
    assert len(str(caught.value).splitlines()) == 1
