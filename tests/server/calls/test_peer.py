"""A caller's connection, without a worker around it, and what stands in for aiortc's jitter buffer."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("aiortc")

from aiortc.rtp import RtpPacket

from duologue.server.calls.frames import Kind
from duologue.server.calls.peer import AtOnce, Peer
from tests.server.calls.phone import PATIENCE_S, Phone


def heard(numbers: list[int]) -> list[int]:
    """The packets that are passed on, in their order."""
    buffer, passed = AtOnce(), []
    for number in numbers:
        packet = RtpPacket(sequence_number=number % 65536, timestamp=number)
        packet._data = b"opus"  # type: ignore[attr-defined]  # where the receiver puts it
        _, frame = buffer.add(packet)
        if frame is not None:
            passed.append(frame.timestamp)
    return passed


def test_packets_are_passed_on_as_they_come() -> None:
    assert heard([5, 6, 7]) == [5, 6, 7]


def test_a_lost_packet_is_not_waited_for() -> None:
    assert heard([5, 7, 8]) == [5, 7, 8]


def test_late_and_doubled_packets_are_not_heard() -> None:
    assert heard([5, 7, 6, 7, 8]) == [5, 7, 8]


def test_numbers_go_round() -> None:
    assert heard([65534, 65535, 65536, 65535, 65537]) == [65534, 65535, 65536, 65537]


async def test_who_never_connects_is_forgotten() -> None:
    told: list[tuple[Kind, bytes]] = []
    gone = asyncio.Event()

    def tell(kind: Kind, payload: bytes) -> None:
        told.append((kind, payload))
        if kind is Kind.GONE:
            gone.set()

    phone, peer = Phone(), Peer(tell, connect_s=0.01)
    assert "a=candidate" in await peer.answer(await phone.offer())
    async with asyncio.timeout(PATIENCE_S):
        await gone.wait()
    assert told == [(Kind.GONE, b"never connected")]
    await peer.close("again")
    assert len(told) == 1
    await phone.hang_up()


async def test_a_machine_without_a_network_still_has_the_loopback() -> None:
    phone, peer = Phone(), Peer(lambda kind, payload: None)
    answer = await peer.answer(await phone.offer())
    candidates = [line for line in answer.splitlines() if line.startswith("a=candidate")]
    assert any(" 127.0.0.1 " in line for line in candidates)
    assert all(line.endswith("typ host") or " typ host " in line for line in candidates)
    await peer.close("over")
    await phone.hang_up()


async def test_pictures_do_not_come_by_video() -> None:
    phone, peer = Phone(), Peer(lambda kind, payload: None)
    phone.with_camera()
    answer = await peer.answer(await phone.offer())
    video = answer[answer.index("m=video") :].partition("m=application")[0]
    assert "a=inactive" in video
    await peer.close("over")
    await phone.hang_up()
