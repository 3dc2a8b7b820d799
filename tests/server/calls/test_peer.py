"""What stands in for aiortc's jitter buffer."""

from __future__ import annotations

import pytest

pytest.importorskip("aiortc")

from aiortc.rtp import RtpPacket

from duologue.server.calls.peer import AtOnce


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
