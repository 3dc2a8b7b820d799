"""Several processes at one port, for machines with more cores than one network can use.

Each has its own network, conversations, limits and metrics; what callers store and secrets are shared, on
disk. One that dies is replaced; one that cannot start ends them all.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from duologue.errors import DuologueError
from duologue.server import logs, running
from duologue.server.running import Certificate
from duologue.settings import Settings

LOOK_UP_S = 0.5  # between looks whether a signal said stop
JOIN_S = running.LAST_WORDS_S + 10  # a worker that is not gone then is killed


def run(
    settings: Settings,
    listening: socket.socket,
    certificate: Certificate | None,
    ready: Callable[[], None],
    workers: int,
) -> int:
    """Serve with this many processes until a signal says stop, and return that signal."""
    logs.configure()
    share = settings.threads or max(1, (os.cpu_count() or 1) // workers)
    crew = _Crew(settings.model_copy(update={"threads": share}), listening, certificate, workers)
    return crew.work(ready)


class _Crew:
    def __init__(
        self, settings: Settings, listening: socket.socket, certificate: Certificate | None, num: int
    ) -> None:
        self._work = (settings, listening, certificate)
        self._num = num
        self._processes: dict[Connection, BaseProcess] = {}
        self._ready: set[Connection] = set()
        self._stopped_by = 0

    def work(self, ready: Callable[[], None]) -> int:
        before = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            for _ in range(self._num):
                self._hire()
            is_told = False
            while not self._stopped_by:
                for each in wait([*self._processes], timeout=LOOK_UP_S):
                    assert isinstance(each, Connection)
                    self._listen_to(each)
                if not is_told and len(self._ready) == self._num:
                    is_told = True
                    ready()
            return self._stopped_by
        finally:
            self._dismiss()
            for name, handler in before.items():
                signal.signal(name, handler)

    def _hire(self) -> None:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_worker, args=(*self._work, theirs))
        process.start()
        theirs.close()
        self._processes[ours] = process

    def _listen_to(self, worker: Connection) -> None:
        """A worker says that it is ready, or why it cannot start; or it is no more."""
        try:
            said: DuologueError | None = worker.recv()
        except (EOFError, OSError):
            said = None
            process = self._processes.pop(worker)
            process.join()
            if worker not in self._ready:
                sys.exit(process.exitcode or 1)
            self._ready.discard(worker)
            logs.log.error(f"worker={process.pid} died exit={process.exitcode}; another takes its place")
            self._hire()
        else:
            if said is not None:
                raise said
            self._ready.add(worker)

    def _stop(self, name: int, frame: object) -> None:
        self._stopped_by = self._stopped_by or name

    def _dismiss(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.join(JOIN_S)
            if process.is_alive():
                process.kill()


def _worker(
    settings: Settings, listening: socket.socket, certificate: Certificate | None, parent: Connection
) -> None:
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    try:
        running.run(settings, listening, certificate, lambda: parent.send(None))
    except DuologueError as error:
        parent.send(error)


def _follow(parent: Connection) -> None:
    """A parent that was killed could not say so: its end of the line falls, and then the worker ends too."""
    try:
        parent.recv()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)
