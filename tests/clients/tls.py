"""HTTPS in front of a server that speaks HTTP, with the certificate of `duologue serve --lan`.

For the realtime helper of `openai` for Node, which speaks to no server without TLS.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from duologue.commands import lan

BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Secured:
    url: str
    authority: Path  # whom a client must trust


@contextmanager
def front(port: int, folder: Path) -> Iterator[Secured]:
    """Listen at a free port of this machine and pass everything on to another, decrypted."""
    issued = lan.certificate(folder, [])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(issued.chain, issued.key)
    loop = asyncio.new_event_loop()
    running = threading.Thread(target=loop.run_forever, daemon=True)
    running.start()

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pour(reader, inner_writer), pour(inner_reader, writer))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(passed, "127.0.0.1", 0, ssl=context)

    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        own = listening.sockets[0].getsockname()[1]
        yield Secured(f"https://127.0.0.1:{own}/v1", folder / "authority.pem")
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        running.join(timeout=10)


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
    except ConnectionError:
        pass  # one side has hung up
    finally:
        writer.close()
