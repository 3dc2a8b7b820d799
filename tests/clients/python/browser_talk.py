"""Chromium holds a spoken exchange over WebRTC: its microphone plays a recording, again and again.

    python browser_talk.py CHROMIUM FOLDER RECORDING.wav      prints what it got

FOLDER is served as the page's site. The recording is a question and a silence shorter than its answer: the
question, asked again, interrupts the answer.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.async_api import Page, async_playwright

PATIENCE_MS = 40_000
QUIET = 1e-4  # of energy in half a second: nothing is heard
FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def site(folder: str) -> Iterator[str]:
    """Serve a folder at a free port of this machine."""
    serving = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}"
    finally:
        serving.shutdown()


def secret(url: str, key: str) -> str:
    """What a page's own backend asks for it: a key that may be shown in a browser."""
    body = json.dumps({"session": {"type": "realtime", "model": "gpt-realtime"}}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{url}/realtime/client_secrets", body, headers)
    with urllib.request.urlopen(asked) as answer:
        return str(json.load(answer)["value"])


async def until(page: Page, condition: str) -> None:
    """Until a JavaScript expression over `page.events` is true."""
    try:
        await page.wait_for_function(condition, timeout=PATIENCE_MS)
    except Exception:
        types = await page.evaluate(
            "[page.errors, page.events.map((e) => e.type).filter((t) => !t.endsWith('delta'))]"
        )
        raise TimeoutError(f"never: {condition}; came: {types}") from None


def ended(what: str, since: int = 0) -> str:
    return f"page.events.slice({since}).some((e) => e.type === 'response.done' && {what})"


async def quiet_after(page: Page) -> float:
    """How many seconds after a stop all is quiet. The browser of a busy machine holds a second of sound."""
    energies: list[float] = []
    for quarter in range(40):
        energies.append(float((await page.evaluate("page.arrived()"))["energy"]))
        if len(energies) > 2 and energies[-1] - energies[-3] < QUIET:
            return (quarter - 2) / 4
        await asyncio.sleep(0.25)
    return float("inf")


async def talk(page: Page, url: str, key: str) -> dict[str, Any]:
    call = await page.evaluate("([url, key]) => page.connect(url, key)", [url, key])
    got: dict[str, Any] = {"call": call}
    await until(page, "page.events.some((e) => e.type === 'response.output_audio_transcript.done')")
    got["first"] = await page.evaluate("page.arrived()")
    await until(page, ended("e.response.status_details?.reason === 'turn_detected'"))
    await until(page, "page.events.some((e) => e.type === 'output_audio_buffer.cleared')")
    await page.evaluate("page.mute(true)")
    await until(
        page, "page.events.findLast((e) => /^response.(created|done)$/.test(e.type)).type.endsWith('done')"
    )

    since = await page.evaluate("page.events.length")
    await page.evaluate("page.say('Who are you?')")
    await until(page, ended("e.response.status === 'completed'", since))
    await until(page, f"page.events.slice({since}).some((e) => e.type === 'output_audio_buffer.stopped')")

    since = await page.evaluate("page.events.length")
    await page.evaluate("page.say('Tell me a story.')")
    await until(page, f"page.events.slice({since}).some((e) => e.type === 'output_audio_buffer.started')")
    await page.evaluate("page.stop()")
    await until(page, ended("e.response.status === 'cancelled'", since))
    got["quiet_after_s"] = await quiet_after(page)

    since = await page.evaluate("page.events.length")
    await page.evaluate("page.callATool('Set a timer for five minutes.')")
    await until(page, ended("e.response.output[0]?.type === 'message'", since))
    got |= await page.evaluate("({timers: page.timers, errors: page.errors, history: page.history()})")
    got["last"] = await page.evaluate("page.arrived()")
    got["events"] = await page.evaluate("page.events")
    await page.evaluate("page.close()")
    return got


async def main(chromium: str, folder: str, recording: str) -> dict[str, Any]:
    url, key = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
    with site(folder) as home:
        async with async_playwright() as driver:
            flags = [*FLAGS, f"--use-file-for-fake-audio-capture={recording}"]
            browser = await driver.chromium.launch(executable_path=chromium, args=flags)
            page = await browser.new_page()
            await page.goto(home)
            await page.wait_for_function("window.page")
            got = await talk(page, url, secret(url, key))
            await browser.close()
    return got


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:4]))))
