"""The whole stair, from the command line to the graphs and back, with a tiny network that never learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from duologue import picture, sound
from duologue.model.checkpoint import Parts
from duologue.model.config import OmniConfig
from duologue.model.export import export
from tests.backends.local.fakes import small_vocabulary
from tests.commandline import duologue


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    vocabulary = small_vocabulary()
    sizes = {"vocab": vocabulary.size, "window": 150, "slack": 50, "codec_width": 16}
    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    vocabulary.save(folder / "tokenizer.json")
    return export(Parts(OmniConfig.from_depth(1, ("ada", "bob"), **sizes)).eval(), folder, "7", int8=False)


@pytest.fixture(autouse=True)
def ours(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOLOGUE_MODEL_DIR", str(model))
    monkeypatch.setenv("DUOLOGUE_THREADS", "1")
    monkeypatch.setenv("DUOLOGUE_MAX_REPLY_S", "2")  # it has not learned to end
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def save_inputs() -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=48000).astype(np.float32)
    sound.write(Path("question.ogg"), noise, rate=48000)
    Image.effect_noise((100, 60), 60).save("seen.webp")


def test_sound_picture_and_text_in_sound_out() -> None:
    save_inputs()
    asked = ["hello", "--audio", "question.ogg", "--image", "seen.webp"]
    arguments = ["ask", *asked, "-o", "answer.wav", "--json"]
    ran = duologue(*arguments)
    assert ran.code in (0, 1), ran.err  # a network that never learned may have nothing to say
    assert ran.json["model"] == "tiny"
    assert ran.json["usage"]["input"] == {"text_chars": 5, "audio_s": 1.0, "images": 1}
    again = duologue(*arguments)
    assert again.json["said"] == ran.json["said"]


def test_given_words_are_spoken_in_each_voice() -> None:
    for voice in ("ada", "bob"):
        ran = duologue("speak", "hello", "--voice", voice, "--style", "calm", "-o", f"{voice}.wav", "--json")
        assert ran.code == 0, ran.err
        assert len(sound.read(Path(f"{voice}.wav"))) / sound.SAMPLE_RATE == pytest.approx(ran.json["seconds"])
    assert not np.array_equal(sound.read(Path("ada.wav")), sound.read(Path("bob.wav")))


def test_a_drawing() -> None:
    ran = duologue("draw", "a red circle", "-o", "circle.png", "--json")
    assert (ran.code, ran.json["image"]) == (0, "circle.png"), ran.err
    assert picture.read(Path("circle.png")).shape == (64, 64, 3)


def test_transcribe_and_chat() -> None:
    save_inputs()
    assert duologue("transcribe", "question.ogg", "--json").code == 0
    ran = duologue("chat", "--json", stdin=b"hello\n/audio question.ogg\n/image seen.webp\nwhat is this?\n")
    assert (ran.code, ran.out.count("\n")) == (0, 3), ran.err


@pytest.mark.parametrize(("flag", "value"), [("--voice", "nobody"), ("--style", "upside-down")])
def test_a_voice_or_style_that_there_is_not(flag: str, value: str) -> None:
    ran = duologue("speak", "hello", flag, value, "-o", "a.wav")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert value in ran.err
    assert "choose one of" in ran.err


def test_text_beyond_the_networks_memory_is_one_sentence() -> None:
    ran = duologue("ask", "hello " * 3000)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "shorten it" in ran.err


def test_doctor_and_models_know_it() -> None:
    ran = duologue("doctor", "--json")
    findings = {finding["name"]: finding for finding in ran.json["findings"]}
    assert findings["weights"]["state"] == "good"
    assert findings["speed"]["state"] != "bad"
    chosen = [each for each in duologue("models", "--json").json["models"] if each["chosen"]]
    found = [(each["name"], each["version"], each["voices"]) for each in chosen]
    assert found == [("tiny", "7", ["ada", "bob"])]


@pytest.mark.parametrize("name", ["step.onnx", "vocode.onnx", "draw.onnx", "tokenizer.json"])
def test_one_changed_byte_in_any_file_is_told(
    name: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in model.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    monkeypatch.setenv("DUOLOGUE_MODEL_DIR", str(copy))
    ran = duologue("ask", "hello")
    assert (ran.code, ran.err.count("\n"), ran.out) == (2, 1, "")
    assert name in ran.err
    (copy / name).unlink()
    assert duologue("ask", "hello").code == 2
