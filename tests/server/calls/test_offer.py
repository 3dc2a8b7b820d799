"""Offers of SDP that cannot become a call: each with its reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("aiortc")

from duologue.server.calls.offer import BadOffer, check
from tests.server.calls.phone import Phone


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sdp: "hello", "begin with v=0"),
        (lambda sdp: "v=0\r\nm=nonsense\r\n", "cannot be read"),
        (lambda sdp: sdp[: sdp.index("m=audio")], "no audio section"),
        (lambda sdp: sdp.replace("a=ice-pwd", "a=x-pwd"), "a=ice-pwd"),
        (lambda sdp: sdp.replace("a=fingerprint", "a=x-print"), "a=fingerprint"),
        (lambda sdp: sdp.replace("a=setup:actpass", "a=setup:nonsense"), "cannot be read"),
        (
            lambda sdp: (
                sdp.replace("opus/", "strange/")
                .replace("G722/", "odd/")
                .replace("PCMU/", "rare/")
                .replace("PCMA/", "new/")
            ),
            "offer Opus",
        ),
        (lambda sdp: sdp + "a=x:y\r\n" * 20_000, "at most"),
    ],
)
async def test_an_offer_that_cannot_be_taken_is_told_why(change: Callable[[str], str], said: str) -> None:
    phone = Phone()
    offer = await phone.offer()
    check(offer)
    with pytest.raises(BadOffer, match=said):
        check(change(offer))
    await phone.hang_up()
