"""A worker's process: holds a few calls, so that their codecs and ciphers do not wait for each other's.

Started by `pool.py` with one end of a socket; ends when the other end closes. Knows no session and no wire.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys

from duologue.server.calls.frames import Frame, Kind, Reader
from duologue.server.calls.offer import BadOffer
from duologue.server.calls.peer import Peer, use_loopback

TICK_S = 0.02
MOST_UNREAD = 4 * 1024 * 1024  # bytes the server may leave lying before sound is dropped
CHUNK = 65536


class Worker:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._peers: dict[int, Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the server closes its end."""
        ticks = asyncio.create_task(self._tick())
        frames = Reader()
        try:
            while content := await self._reader.read(CHUNK):
                for frame in frames.push(content):
                    self._take(frame)
        except ConnectionError:
            pass  # the server is gone
        finally:
            ticks.cancel()
            await asyncio.gather(*(peer.close("server ended") for peer in self._peers.values()))

    def _take(self, frame: Frame) -> None:
        if frame.kind is Kind.OFFER:
            self._run(self._answer(frame.call, frame.text))
        elif (peer := self._peers.get(frame.call)) is None:
            return  # it ended meanwhile
        elif frame.kind is Kind.HANG_UP:
            self._run(self._close(frame.call, "hung up"))
        else:
            peer.take(frame.kind, frame.payload)

    async def _answer(self, call: int, sdp: str) -> None:
        peer = self._peers[call] = Peer(lambda kind, payload: self._tell(Frame(kind, call, payload)))
        try:
            answer = await peer.answer(sdp)
        except BadOffer as error:
            self._tell(Frame(Kind.REFUSED, call, str(error).encode()))
            await self._close(call, "refused")
            return
        self._tell(Frame(Kind.ANSWER, call, answer.encode()))

    async def _close(self, call: int, reason: str) -> None:
        if (peer := self._peers.get(call)) is not None:
            await peer.close(reason)

    def _tell(self, frame: Frame) -> None:
        if frame.kind is Kind.GONE:
            self._peers.pop(frame.call, None)
        if frame.kind is Kind.HEARD and self._writer.transport.get_write_buffer_size() > MOST_UNREAD:
            return
        if not self._writer.is_closing():
            self._writer.write(frame.encode())

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            for peer in list(self._peers.values()):
                peer.tick(loop.time())

    def _run(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _our_end() -> socket.socket:
    if sys.platform == "win32":
        return socket.fromshare(sys.stdin.buffer.read())
    return socket.socket(fileno=int(sys.argv[1]))


async def _main() -> None:
    reader, writer = await asyncio.open_connection(sock=_our_end())
    await Worker(reader, writer).run()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal goes to all; the server ends us
    logging.basicConfig(level=logging.WARNING)
    use_loopback()
    asyncio.run(_main())
