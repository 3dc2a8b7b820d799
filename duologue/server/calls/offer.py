"""Can this SDP offer become a call? Checked before a connection is made, so that the answer is a sentence."""

from __future__ import annotations

from aiortc.sdp import MediaDescription, SessionDescription

MOST_BYTES = 64 * 1024  # a browser's longest offers have a sixth of that
CODECS = ("opus", "g722", "pcmu", "pcma")  # what aiortc decodes


class BadOffer(Exception):
    """One sentence with the remedy."""


def check(sdp: str) -> None:
    """Raises BadOffer."""
    description = _parsed(sdp)
    audio = [media for media in description.media if media.kind == "audio"]
    if not audio:
        raise BadOffer("the SDP offer has no audio section; add a microphone track or an audio transceiver")
    if len(audio) > 1:
        raise BadOffer(f"the SDP offer has {len(audio)} audio sections; send one")
    for media in description.media:
        if media.kind not in ("audio", "video", "application"):
            raise BadOffer(f"the SDP offer has a section {media.kind!r}; send audio and a data channel")
        _check_transport(media)
    names = [codec.mimeType.split("/")[1] for codec in audio[0].rtp.codecs]
    if not any(name.lower() in CODECS for name in names):
        offered = ", ".join(names) or "none"
        raise BadOffer(f"no codec of the audio section is known here ({offered}); offer Opus")


def _parsed(sdp: str) -> SessionDescription:
    if len(sdp) > MOST_BYTES:
        raise BadOffer(f"the SDP offer has {len(sdp)} characters; at most {MOST_BYTES} are taken")
    if not sdp.lstrip().startswith("v=0"):
        raise BadOffer("the body is no SDP offer: it must begin with v=0")
    try:
        return SessionDescription.parse(sdp)
    except (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError):  # aiortc has no own
        raise BadOffer("the SDP offer cannot be read; send what createOffer() gave, unchanged") from None


def _check_transport(media: MediaDescription) -> None:
    if media.ice is None or not media.ice.usernameFragment or not media.ice.password:
        raise BadOffer(f"the {media.kind} section of the SDP offer has no a=ice-ufrag and a=ice-pwd")
    if media.dtls is None or not media.dtls.fingerprints:
        raise BadOffer(f"the {media.kind} section of the SDP offer has no a=fingerprint and a=setup")
