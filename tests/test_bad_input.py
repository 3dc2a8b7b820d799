"""Bad input: one sentence with the remedy, exit code 2, no traceback, nothing half-written."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from duologue import sound
from tests.commandline import Ran, duologue


@pytest.fixture(autouse=True)
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOLOGUE_MODEL", "scripted")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def assert_one_sentence(ran: Ran, *parts: str, code: int = 2) -> None:
    assert ran.code == code
    assert ran.out == ""
    assert ran.err.startswith("duologue: ")
    assert ran.err.count("\n") == 1
    for part in parts:
        assert part in ran.err


def loud(rate: int = 16000, seconds: float = 1.0) -> sound.Samples:
    return (np.sin(np.arange(int(rate * seconds)) * 2000 / rate) / 3).astype(np.float32)


BAD_SOUNDS = {
    "nothing": (b"", "damaged or not sound"),
    "no samples": (sound.encode(np.zeros(0, np.float32)), "send at least 80 ms"),
    "one sample": (sound.encode(np.ones(1, np.float32)), "send at least 80 ms"),
    "noise of bytes": (np.random.default_rng(0).bytes(5000), "damaged or not sound"),
    "a header alone": (sound.encode(loud())[:30], "damaged or not sound"),
    "words": (b"this is a letter, not a recording\n" * 50, "damaged or not sound"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged or not sound"),
}


@pytest.mark.parametrize("kind", BAD_SOUNDS)
@pytest.mark.parametrize("command", ["ask", "transcribe"])
def test_what_is_no_sound(kind: str, command: str, tmp_path: Path) -> None:
    content, sentence = BAD_SOUNDS[kind]
    (tmp_path / "bad.wav").write_bytes(content)
    arguments = ["--audio", "bad.wav", "-o", "answer.wav"] if command == "ask" else ["bad.wav"]
    assert_one_sentence(duologue(command, *arguments), "bad.wav", sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.wav"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e30])
def test_sound_of_impossible_numbers(value: float, tmp_path: Path) -> None:
    samples = loud()
    samples[500] = value
    soundfile.write("bad.wav", samples, 16000, subtype="FLOAT")
    assert_one_sentence(duologue("ask", "--audio", "bad.wav"), "bad.wav")


@pytest.mark.parametrize(("rate", "channels", "subtype"), [(8000, 1, "PCM_U8"), (48000, 2, "FLOAT")])
def test_unusual_sound_is_answered(rate: int, channels: int, subtype: str) -> None:
    soundfile.write("good.wav", np.repeat(loud(rate)[:, None], channels, axis=1), rate, subtype=subtype)
    assert duologue("ask", "--audio", "good.wav").code == 0


def test_a_recording_cut_short_is_answered_as_far_as_it_goes() -> None:
    for kind in (".wav", ".mp3"):
        content = sound.encode(loud(seconds=3.0), kind)
        Path(f"short{kind}").write_bytes(content[: len(content) // 2])
        ran = duologue("ask", "--audio", f"short{kind}", "--json")
        assert ran.code == 0
        assert 1.0 < ran.json["usage"]["input"]["audio_s"] < 2.0


def test_remarks_of_a_decoder_are_not_shown(tmp_path: Path) -> None:
    """Of a process of its own, for they are written past Python."""
    content = bytearray(sound.encode(loud(seconds=2.0), ".mp3"))
    content[1000:3000] = np.random.default_rng(0).bytes(2000)
    Path("scratched.mp3").write_bytes(content)
    command = [sys.executable, "-m", "duologue", "transcribe", "scratched.mp3"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert all(line.startswith("duologue: ") for line in ran.stderr.splitlines())


def test_an_hour_of_sound() -> None:
    soundfile.write("hour.flac", np.zeros(3600 * 8000, np.int16), 8000)
    assert_one_sentence(duologue("ask", "--audio", "hour.flac"), "hour.flac is longer than 600 s", "cut it")


def test_an_hour_of_sound_that_is_allowed_takes_little_memory() -> None:
    soundfile.write("hour.flac", np.zeros(3600 * 8000, np.int16), 8000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    samples = sound.read(Path("hour.flac"), 4000)
    assert len(samples) == 3600 * 16000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * samples.nbytes / 1024


def save_bomb(path: str) -> None:
    Image.new("1", (10_000, 10_000)).save(path)


def save_truncated(path: str) -> None:
    Image.effect_noise((300, 300), 80).save(path)
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])


def save_words(path: str) -> None:
    Path(path).write_text("this is a letter, not a picture")


@pytest.mark.parametrize(
    ("save", "sentence"),
    [
        (save_bomb, "10000 x 10000; scale it"),
        (save_truncated, "damaged or not a picture"),
        (save_words, "damaged or not a picture"),
        (lambda path: Path(path).touch(), "damaged or not a picture"),
    ],
)
def test_what_is_no_picture(save: object, sentence: str) -> None:
    assert callable(save)
    save("bad.png")
    assert_one_sentence(duologue("ask", "--image", "bad.png", "what is this?"), "bad.png", sentence)


def test_small_and_moving_pictures_are_answered() -> None:
    Image.new("RGB", (1, 1)).save("dot.png")
    Image.new("RGB", (9, 9)).save("film.webp", save_all=True, append_images=[Image.new("RGB", (9, 9), "red")])
    ran = duologue("ask", "--image", "dot.png", "--image", "film.webp", "--json")
    assert ran.json["usage"]["input"]["images"] == 2


@pytest.mark.parametrize("flag", ["--audio", "--image"])
@pytest.mark.parametrize("name", ["missing.file", "."])
def test_a_file_that_is_none(flag: str, name: str) -> None:
    assert_one_sentence(duologue("ask", flag, name), name, "check")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "empty"), ("  \n", "empty"), ("a" * 1_000_000, "at most 20,000"), ("\udcff", "UTF-8")],
)
@pytest.mark.parametrize("command", ["ask", "speak", "draw"])
def test_bad_text(text: str, sentence: str, command: str) -> None:
    output = {"ask": [], "speak": ["-o", "a.wav"], "draw": ["-o", "a.png"]}[command]
    assert_one_sentence(duologue(command, text, *output), sentence)
    assert not list(Path().iterdir())


@pytest.mark.parametrize("text", [b"", b"a" * 1_000_000, b"\xff\xfe"])
def test_bad_text_from_a_pipe(text: bytes) -> None:
    assert_one_sentence(duologue("ask", "-", stdin=text), "text")


def test_no_question_at_all() -> None:
    assert_one_sentence(duologue("ask"), "there is no question")


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("answer.xyz", "'answer.xyz'; let the name end in .wav"),
        ("answer", "let the name end in"),
        ("missing/answer.wav", "folder that exists"),
    ],
)
def test_an_output_that_cannot_be(output: str, sentence: str) -> None:
    assert_one_sentence(duologue("ask", "hello", "-o", output), sentence)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="wants a folder in which not even root may write")
def test_no_permission_to_write() -> None:
    ran = duologue("speak", "hello", "-o", "/proc/answer.wav")
    assert_one_sentence(ran, "cannot write /proc/answer.wav")


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """The limit on the size of a file stands for the full disk: writing fails in the midst of the file."""

    def almost_full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    ran = subprocess.run(
        [sys.executable, "-B", "-m", "duologue", "speak", "hello to you", "-o", "answer.wav"],
        capture_output=True,
        text=True,
        preexec_fn=almost_full,
        check=False,
    )
    result = Ran(ran.returncode, ran.stdout, ran.stderr)
    assert_one_sentence(result, "no room left to write answer.wav", "free")
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_not_here() -> None:
    assert_one_sentence(duologue("ask", "hello", "--model", "nobody"), "no model 'nobody'", "duologue models")


@pytest.mark.parametrize("config", [None, b"", b"{", b"[]", b"{}", b'{"sha256": {}}', b"\xff"])
def test_weights_that_are_missing_or_damaged(
    config: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUOLOGUE_MODEL", "mine")
    monkeypatch.setenv("DUOLOGUE_MODEL_DIR", str(tmp_path))
    if config is not None:
        (tmp_path / "config.json").write_bytes(config)
    assert_one_sentence(duologue("ask", "hello"), str(tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "hello", "--threads", "-1"],
        ["ask", "hello", "--temperature", "9"],
        ["ask", "hello", "--threads", "many"],
        ["speak", "hello"],
    ],
)
def test_wrong_flags(arguments: list[str]) -> None:
    ran = duologue(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_with_json_the_error_is_an_object_too() -> None:
    ran = duologue("ask", "", "--json")
    assert ran.code == 2
    error = json.loads(ran.out)["error"]
    assert error == {"message": error["message"], "type": "invalid_request_error", "code": "invalid_text"}
    assert ran.err == f"duologue: {error['message']}\n"
