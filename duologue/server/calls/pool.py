"""The server's side of the calls: which worker holds which, and one `Line` to each. Imports no aiortc.

Workers are started when a call needs one, hold at most CALLS_EACH (Opus, SRTP and SCTP of one call take a
tenth of a core in Python, and above eight in one process packets come late), and end when idle.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import sys
from collections.abc import AsyncIterator
from itertools import count

from duologue.errors import BadInput, Busy, ExtraMissing
from duologue.server.calls.frames import Frame, Kind, Reader, with_reply
from duologue.sound import Samples, to_pcm16

CALLS_EACH = 6
IDLE_S = 60.0
ANSWER_S = 15.0  # a worker that starts on a busy machine needs two of them
END_S = 5.0  # for a worker to say good-bye to its callers
MOST_HEARD = 500  # frames of sound waiting for a session that is too slow: 10 s; newer ones are lost
MOST_TEXTS = 2_000  # messages waiting; a caller who sends faster than they are read is hung up on
CHUNK = 65536


class BadCall(BadInput):
    code = "invalid_offer"


class Line:
    """One call. Whoever holds it reads `frames` to its end, and may hang up at any time."""

    def __init__(self, worker: _Worker, number: int) -> None:
        self._worker = worker
        self._number = number
        self._inbox: asyncio.Queue[Frame] = asyncio.Queue()
        self._num_heard = 0
        self.is_over = False

    async def offer(self, sdp: str) -> str:
        """The SDP answer. Raises BadCall."""
        self._send(Kind.OFFER, sdp.encode())
        async with asyncio.timeout(ANSWER_S):
            frame = await self._inbox.get()
        if frame.kind is Kind.REFUSED:
            raise BadCall(frame.text, "sdp")
        if frame.kind is Kind.GONE:
            raise Busy("the worker that was to take the call ended; call again")
        assert frame.kind is Kind.ANSWER, f"{frame.kind!r} in place of an answer"
        return frame.text

    async def frames(self) -> AsyncIterator[Frame]:
        """What the caller does; ends with the call, after a frame GONE."""
        while True:
            frame = await self._inbox.get()
            self._num_heard -= frame.kind is Kind.HEARD
            yield frame
            if frame.kind is Kind.GONE:
                return

    def text(self, message: str) -> None:
        self._send(Kind.TEXT, message.encode())

    def play(self, reply: int, samples: Samples) -> None:
        """Sound at 16 kHz, after what came before. How much of it went out is told by PLAYED."""
        self._send(Kind.PLAY, with_reply(reply, to_pcm16(samples)))

    def said_all(self, reply: int) -> None:
        self._send(Kind.SAID_ALL, with_reply(reply))

    def clear(self) -> None:
        """Be silent now."""
        self._send(Kind.CLEAR)

    def hang_up(self) -> None:
        """Safe at any time, and again."""
        self._send(Kind.HANG_UP)

    def take(self, frame: Frame) -> None:
        """Called by the worker that holds the call."""
        if frame.kind is Kind.HEARD:
            if self._num_heard >= MOST_HEARD:
                return
            self._num_heard += 1
        elif frame.kind is Kind.TEXT and self._inbox.qsize() - self._num_heard >= MOST_TEXTS:
            self.hang_up()
            return
        elif frame.kind is Kind.GONE:
            self.is_over = True
        self._inbox.put_nowait(frame)

    def _send(self, kind: Kind, payload: bytes = b"") -> None:
        if not self.is_over:
            self._worker.send(Frame(kind, self._number, payload))


class _Worker:
    def __init__(
        self, process: asyncio.subprocess.Process, writer: asyncio.StreamWriter, idle_s: float
    ) -> None:
        self.process = process
        self._idle_s = idle_s
        self.lines: dict[int, Line] = {}
        self._idle: asyncio.TimerHandle | None = None
        self._writer = writer
        self._numbers = count(1)

    def line(self) -> Line:
        if self._idle is not None:
            self._idle.cancel()
        number = next(self._numbers)
        line = self.lines[number] = Line(self, number)
        return line

    def send(self, frame: Frame) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame.encode())

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Until the worker ends, which ends its calls."""
        frames = Reader()
        try:
            while content := await reader.read(CHUNK):
                for frame in frames.push(content):
                    self._take(frame)
        except ConnectionError:
            pass
        finally:
            for number in list(self.lines):
                self._take(Frame(Kind.GONE, number, b"worker ended"))

    @property
    def is_ending(self) -> bool:
        return self._writer.is_closing()

    def close(self) -> None:
        """The worker hangs up on everybody and ends."""
        self._writer.close()

    async def end(self) -> None:
        """Close, and wait for the process."""
        self.close()
        try:
            async with asyncio.timeout(END_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def _take(self, frame: Frame) -> None:
        line = self.lines.get(frame.call)
        if line is None:
            return
        if frame.kind is Kind.GONE:
            del self.lines[frame.call]
            if not self.lines:
                self._idle = asyncio.get_running_loop().call_later(self._idle_s, self.close)
        line.take(frame)


class Pool:
    def __init__(
        self, most_workers: int | None = None, idle_s: float = IDLE_S, needs: str = "aiortc"
    ) -> None:
        """`needs`: the package without which there are no calls."""
        self._most_workers = most_workers or os.cpu_count() or 1
        self._idle_s = idle_s
        self._needs = needs
        self._workers: list[_Worker] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = asyncio.Lock()

    @property
    def pids(self) -> list[int]:
        """Of the workers that live."""
        return [worker.process.pid for worker in self._workers]

    async def call(self, sdp: str) -> tuple[Line, str]:
        """Answer an offer. Raises ExtraMissing, Busy or BadCall."""
        if importlib.util.find_spec(self._needs) is None:
            raise ExtraMissing("calls over WebRTC need packages: pip install 'duologue[webrtc]'")
        async with self._starting:
            worker = await self._with_room()
            line = worker.line()
        try:
            return line, await line.offer(sdp)
        except BaseException:
            line.hang_up()
            raise

    async def close(self) -> None:
        """Hang up on everybody and end the workers."""
        workers, self._workers = self._workers, []
        await asyncio.gather(*(worker.end() for worker in workers))
        await asyncio.gather(*self._tasks)

    async def _with_room(self) -> _Worker:
        for worker in self._workers:
            if len(worker.lines) < CALLS_EACH and not worker.is_ending:
                return worker
        if len(self._workers) >= self._most_workers:
            most = self._most_workers * CALLS_EACH
            raise Busy(f"{most} calls are held already, as many as this machine can; try again later")
        return await self._start()

    async def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        process = await _launch(theirs)
        theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = _Worker(process, writer, self._idle_s)
        self._workers.append(worker)
        task = asyncio.create_task(self._watch(worker, reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return worker

    async def _watch(self, worker: _Worker, reader: asyncio.StreamReader) -> None:
        try:
            await worker.read(reader)
        finally:
            if worker in self._workers:
                self._workers.remove(worker)
            await worker.end()


async def _launch(theirs: socket.socket) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "duologue.server.calls.worker"]
    if sys.platform != "win32":
        number = theirs.fileno()
        return await asyncio.create_subprocess_exec(*command, str(number), pass_fds=[number])
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(theirs.share(process.pid))
    process.stdin.write_eof()
    return process
