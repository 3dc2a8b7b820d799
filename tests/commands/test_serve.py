"""`duologue serve` as a real process: it starts, tells where, answers, and ends well."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.commandline import duologue

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

Process = subprocess.Popen[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DUOLOGUE_MODEL", "scripted")
    monkeypatch.delenv("DUOLOGUE_API_KEY", raising=False)
    return tmp_path


@contextmanager
def served(*flags: str) -> Iterator[tuple[Process, dict[str, Any]]]:
    command = [sys.executable, "-m", "duologue", "serve", "--port", "0", "--json", *flags]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as running:
        try:
            assert running.stdout
            line = running.stdout.readline()
            assert line, running.communicate()[1]
            yield running, json.loads(line)
        finally:
            if running.poll() is None:
                running.kill()


def ended(running: Process, name: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Exit code, and what it said on the standard error."""
    running.send_signal(name)
    _, said = running.communicate(timeout=60)
    return running.returncode, said


def test_it_answers_until_it_is_told_to_stop() -> None:
    with served() as (running, told):
        assert (told["model"], told["pid"]) == ("scripted", running.pid)
        answer = httpx.get(f"{told['url']}/v1/models?words=secret")
        assert answer.json()["data"][0]["id"] == "scripted"
        assert "server" not in answer.headers
        code, said = ended(running)
    assert code == 0
    assert re.search(r"method=GET route=/v1/models status=200 ms=[\d.]+ caller=local", said)
    assert "secret" not in said
    assert "Traceback" not in said


def test_control_c_ends_it_with_130() -> None:
    with served() as (running, _):
        code, said = ended(running, signal.SIGINT)
    assert (code, said) == (130, "")


def test_a_person_is_told_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUOLOGUE_API_KEY", "sk-never-shown")
    command = [sys.executable, "-m", "duologue", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        lines = [running.stdout.readline() for _ in range(3)]
        code, said = ended(running)
    assert code == 0
    assert re.match(r"scripted listens at http://127\.0\.0\.1:\d+ \(ready in ", lines[0])
    assert "/v1" in lines[1] and "/docs" in lines[1]
    assert "set" in lines[2]
    assert "sk-never-shown" not in "".join(lines) + said


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = duologue("serve", "--port", str(taken.getsockname()[1]), "--json")
    assert (ran.code, ran.err.count("\n"), ran.json["error"]["code"]) == (2, 1, "port_taken")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5"])
def test_it_does_not_listen_to_others_without_a_key(host: str) -> None:
    ran = duologue("serve", "--host", host, "--port", "0")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "DUOLOGUE_API_KEY" in ran.err and "--lan" in ran.err


def test_a_model_that_is_not_here_is_one_sentence() -> None:
    for flags in ((), ("--workers", "2")):
        ran = duologue("serve", "--model", "nobody", "--port", "0", *flags)
        assert (ran.code, ran.err.count("\n"), ran.out) == (2, 1, ""), ran.err
        assert "nobody" in ran.err


def test_workers_share_a_port_and_their_secrets() -> None:
    with served("--workers", "2") as (running, told):
        secrets = [
            httpx.post(f"{told['url']}/v1/realtime/client_secrets", json={}).json()["value"] for _ in range(4)
        ]
        for secret in secrets * 2:  # each request on a connection of its own, to whichever worker takes it
            answer = httpx.post(
                f"{told['url']}/v1/realtime/client_secrets",
                json={},
                headers={"authorization": f"Bearer {secret}"},
            )
            assert "a secret cannot make another" in answer.text
        code, said = ended(running)
    assert (code, "Traceback" in said) == (0, False), said


def test_a_worker_that_dies_is_replaced_and_none_outlives_its_parent() -> None:
    with served("--workers", "2") as (running, told):
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        if not children.exists():
            pytest.skip("the system does not tell a process's children")
        first, *_ = workers(running.pid)
        os.kill(first, signal.SIGKILL)
        assert running.stderr
        assert f"worker={first} died" in running.stderr.readline()
        for _ in range(5):
            assert httpx.get(f"{told['url']}/health", timeout=60).status_code == 200
        running.kill()
        running.wait()
        address = ("127.0.0.1", int(told["url"].rpartition(":")[2]))
        for _ in range(2000):
            try:
                socket.create_connection(address, timeout=5).close()
            except OSError:
                return
            time.sleep(0.01)
        pytest.fail("a worker still listens")


def workers(pid: int) -> list[int]:
    """The processes below one that serve; multiprocessing's own helper is not among them."""
    found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [each for each in found if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


def test_the_local_network_gets_https_and_a_key(home: Path) -> None:
    pytest.importorskip("trustme")
    pytest.importorskip("segno")
    folder = home / ".local/share/duologue/lan"
    with served("--lan", "--host", "127.0.0.1") as (running, told):
        assert told["url"].startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=folder / "authority.pem")
        port = told["url"].rpartition(":")[2]
        for name in ("127.0.0.1", "localhost"):
            with httpx.Client(verify=trusting) as client:
                assert client.get(f"https://{name}:{port}/v1/models").status_code == 200
        with httpx.Client() as client, pytest.raises(httpx.ConnectError):
            client.get(f"{told['url']}/health")
        away = {"x-forwarded-for": "192.168.1.9"}
        with httpx.Client(verify=trusting, headers=away) as client:
            assert client.get(f"{told['url']}/v1/models").status_code == 401
        _, said = ended(running)
    shown = re.findall(r"sk-duologue-[\w-]+", said)
    assert len(shown) == 1
    assert "HTTPS, because" in said
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
        assert shown[0] not in path.read_text()

    with served("--lan", "--host", "127.0.0.1") as (running, told):  # the same key and authority, not shown
        with httpx.Client(verify=trusting, headers=away | {"authorization": f"Bearer {shown[0]}"}) as client:
            assert client.get(f"{told['url']}/v1/models").status_code == 200
        code, said = ended(running)
    assert (code, "sk-duologue" in said) == (0, False)
