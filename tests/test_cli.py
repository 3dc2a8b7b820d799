"""The commands, with a scripted network: what they print, write and return. They load in a blink."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from duologue import __version__, sound
from duologue.commands.answer import MADE_BY
from tests.commandline import duologue

SAID = "this is a script"


@pytest.fixture(autouse=True)
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOLOGUE_MODEL", "scripted")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def question(tmp_path: Path) -> Path:
    """Something loud for a second."""
    path = tmp_path / "question.wav"
    sound.write(path, (np.sin(np.arange(16000) / 8) / 3).astype(np.float32))
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.new("RGB", (40, 30), "red").save(path)
    return path


def test_alone_it_shows_its_help() -> None:
    ran = duologue()
    assert ran.code == 0
    assert ran.out == duologue("--help").out
    assert "ask" in ran.out


def test_its_version() -> None:
    assert duologue("--version").out == f"{__version__}\n"


def test_nothing_heavy_is_loaded_for_help() -> None:
    script = (
        "import sys; sys.argv = ['duologue', 'ask', '--help']\n"
        "from duologue.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'onnxruntime', 'pydantic_settings', 'soundfile', 'PIL', 'duologue.engine'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_it_starts_in_half_a_second() -> None:
    """Counted in seconds of the processor, so that a busy machine does not fail it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "duologue", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_a_written_question_gets_a_written_answer() -> None:
    ran = duologue("ask", "who are you")
    assert (ran.code, ran.out) == (0, f"{SAID}\n")


def test_ask_prints_one_object() -> None:
    ran = duologue("ask", "who are you", "--json")
    assert ran.json == {
        "heard": None,
        "said": SAID,
        "audio": None,
        "image": None,
        "first_audio_ms": None,
        "real_time_factor": None,
        "model": "scripted",
        "usage": {
            "input": {"text_chars": 11, "audio_s": 0.0, "images": 0},
            "output": {"text_chars": len(SAID), "audio_s": 0.0, "images": 0},
        },
    }


def test_a_spoken_question_gets_a_spoken_answer(question: Path, tmp_path: Path) -> None:
    ran = duologue("ask", "--audio", question, "-o", tmp_path / "answer.wav", "--json")
    assert ran.code == 0
    assert ran.json["audio"] == str(tmp_path / "answer.wav")
    assert ran.json["heard"] == {"text": "", "language": None, "emotion": None}
    assert ran.json["first_audio_ms"] >= 0
    assert ran.json["real_time_factor"] > 0
    assert ran.json["usage"]["input"]["audio_s"] == 1.0
    spoken = sound.read(tmp_path / "answer.wav")
    assert len(spoken) / sound.SAMPLE_RATE == ran.json["usage"]["output"]["audio_s"]


def test_what_it_makes_is_marked_as_made_by_a_program(tmp_path: Path) -> None:
    import soundfile

    duologue("ask", "hello", "-o", tmp_path / "answer.flac")
    with soundfile.SoundFile(tmp_path / "answer.flac") as file:
        assert file.comment == MADE_BY


def test_pictures_and_text_in_one_question(picture: Path) -> None:
    ran = duologue("ask", "--image", picture, "--image", picture, "what changed?", "--json")
    assert ran.json["usage"]["input"] == {"text_chars": 13, "audio_s": 0.0, "images": 2}


def test_a_recording_of_silence_is_answered_so(tmp_path: Path) -> None:
    sound.write(tmp_path / "silence.wav", np.zeros(16000, np.float32))
    ran = duologue("ask", "--audio", tmp_path / "silence.wav")
    assert (ran.code, ran.out) == (0, "I did not hear anything.\n")


def test_the_question_from_a_pipe() -> None:
    ran = duologue("ask", "-", "--json", stdin="Wie heißt du?".encode())
    assert ran.json["usage"]["input"]["text_chars"] == 13


def test_a_picture_that_does_not_come_is_no_success(tmp_path: Path) -> None:
    ran = duologue("draw", "a circle", "-o", tmp_path / "circle.png")
    assert ran.code == 1
    assert "gave nothing" in ran.err
    assert not (tmp_path / "circle.png").exists()


def test_chat_answers_line_by_line(picture: Path) -> None:
    lines = f"hello\n\n/image {picture}\nwhat is this\n/quit\nnever read\n"
    ran = duologue("chat", stdin=lines.encode())
    assert (ran.code, ran.out) == (0, f"{SAID}\n{SAID}\n")


def test_chat_in_json_is_one_object_a_line(question: Path) -> None:
    ran = duologue("chat", "--json", stdin=f"hello\n/audio {question}\n".encode())
    first, second = map(json.loads, ran.out.splitlines())
    assert first == {"heard": None, "said": SAID}
    assert second["heard"]["text"] == ""


def test_transcribe(question: Path) -> None:
    ran = duologue("transcribe", question, "--json")
    assert {"text", "language", "emotion", "sounds", "seconds", "real_time_factor", "model"} == set(ran.json)
    assert ran.json["seconds"] == 1.0
    assert duologue("transcribe", question).out == "\n"


def test_speak(tmp_path: Path) -> None:
    ran = duologue("speak", "Good morning to you.", "-o", tmp_path / "a.ogg", "--json")
    assert ran.code == 0
    assert ran.json["seconds"] == 4 * 3 * 0.08  # the script's words have three frames each
    assert (tmp_path / "a.ogg").exists()


def test_models_without_any(tmp_path: Path) -> None:
    ran = duologue("models", "--json")
    assert all(Path(model["folder"]).is_dir() for model in ran.json["models"])


def test_models_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"version": "3", "voices": ["ada", "bob"]}')
    monkeypatch.setenv("DUOLOGUE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DUOLOGUE_MODEL", "mine")
    mine = next(model for model in duologue("models", "--json").json["models"] if model["name"] == "mine")
    assert (mine["version"], mine["voices"], mine["chosen"]) == ("3", ["ada", "bob"], True)
    assert "ada, bob" in duologue("models").out


def test_doctor_names_what_it_looked_at() -> None:
    ran = duologue("doctor", "--json")
    findings = {finding["name"]: finding for finding in ran.json["findings"]}
    assert list(findings) == ["versions", "processor", "weights", "speed", "disk", "microphone"]
    assert findings["speed"]["state"] == "good"  # of the script
    assert findings["weights"]["state"] == "bad"  # a script has none
    assert ran.code == 2
    assert "weights" in duologue("doctor").out


def test_an_unknown_flag_or_command_is_the_callers_mistake() -> None:
    assert duologue("ask", "--colour", "red").code == 2
    assert duologue("sing").code == 2


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_control_c_ends_it_with_130() -> None:
    command = [sys.executable, "-m", "duologue", "chat"]
    pipe = subprocess.PIPE
    # A shell starts jobs in its background deaf to SIGINT, and a child inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stdin and running.stdout and running.stderr
        running.stdin.write(b"hello\n")
        running.stdin.flush()
        assert running.stdout.readline() == f"{SAID}\n".encode()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 130
        assert b"Traceback" not in running.stderr.read()
