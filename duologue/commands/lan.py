"""What `serve --lan` needs: a certificate for this machine's addresses, a key, a code to photograph.

Browsers give the microphone to pages over HTTPS only. The certificate is signed by an authority made here,
which stays: a device that has been told once to trust it goes on doing so.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import secrets
import socket
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from duologue.errors import ExtraMissing
from duologue.files import explain, write_whole

if TYPE_CHECKING:
    from duologue.server.running import Certificate

VALID_DAYS = 397  # the longest that browsers take
RENEW_DAYS = 30
KEY_PREFIX = "sk-duologue-"


def require() -> None:
    """Raises ExtraMissing."""
    if not all(find_spec(name) for name in ("trustme", "segno")):
        raise ExtraMissing('--lan needs the extra [lan]: pip install "duologue[lan]"')


def addresses() -> list[str]:
    """This machine's addresses in the local network, the one that others reach first."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("10.255.255.255", 9))  # sends nothing: it only asks which way it would go
            found.append(asking.getsockname()[0])
        except OSError:
            pass  # no network
    try:
        named = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM)
        found += [str(each[4][0]) for each in named]
    except OSError:
        pass  # the machine's name is not known to itself
    return [each for each in dict.fromkeys(found) if not ipaddress.ip_address(each).is_loopback]


def certificate(folder: Path, names: list[str]) -> Certificate:
    """The certificate kept there, or a new one when it does not fit. Raises as a write does."""
    from duologue.server.running import Certificate

    wanted = sorted({*names, "localhost", "127.0.0.1", "::1"})
    kept = Certificate(folder / "certificate.pem", folder / "key.pem")
    about = folder / "certificate.json"
    if not _fits(about, wanted):
        _issue(folder, kept, about, wanted)
    return kept


def _fits(about: Path, wanted: list[str]) -> bool:
    try:
        told = json.loads(about.read_text(encoding="utf-8"))
        good_until = datetime.datetime.fromisoformat(told["renew"])
        return bool(told["names"] == wanted) and _now() < good_until
    except (OSError, ValueError, KeyError):
        return False


def _issue(folder: Path, kept: Certificate, about: Path, names: list[str]) -> None:
    import trustme

    _make(folder)
    chain, key = folder / "authority.pem", folder / "authority-key.pem"
    if chain.exists() and key.exists():
        authority = trustme.CA.from_pem(chain.read_bytes(), key.read_bytes())
    else:
        authority = trustme.CA(organization_name="Duologue", organization_unit_name="this machine")
        _keep(key, authority.private_key_pem.bytes())
        _keep(chain, authority.cert_pem.bytes())
    end = _now() + datetime.timedelta(days=VALID_DAYS)
    issued = authority.issue_cert(*names, organization_name="Duologue", not_after=end)
    _keep(kept.key, issued.private_key_pem.bytes())
    _keep(kept.chain, b"".join(each.bytes() for each in issued.cert_chain_pems))
    renew = (end - datetime.timedelta(days=RENEW_DAYS)).isoformat()
    _keep(about, json.dumps({"names": names, "renew": renew}).encode())


def key(folder: Path) -> tuple[str, str | None]:
    """The key for callers as the settings take it, and the key itself if it was made just now."""
    place = folder / "api-key"
    if place.exists():
        return place.read_text(encoding="ascii").strip(), None
    from duologue.server.access import hashed

    made = KEY_PREFIX + secrets.token_urlsafe(24)
    _make(folder)
    _keep(place, hashed(made).encode())
    return hashed(made), made


def code(address: str) -> str:
    """The address as a QR code of block characters."""
    import segno

    drawn = StringIO()
    segno.make(address, error="m").terminal(out=drawn, compact=True, border=2)
    return drawn.getvalue()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, folder) from error


def _keep(path: Path, content: bytes) -> None:
    with write_whole(path, private=True) as file:
        file.write(content)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
