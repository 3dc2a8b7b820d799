"""Who may ask: this machine without a key, everybody else with one.

On the loopback any key is taken, and it is an identity: two keys do not see each other's things. From other
addresses the key of the settings is needed, or an unexpired `ek_` secret. Keys are held as hashes.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from duologue.errors import ForeignSite, NoAccess
from duologue.server.ephemeral import PREFIX, Caller, Secrets, digest
from duologue.settings import Settings

__all__ = ["OWNER", "SUBPROTOCOL", "Access", "Caller", "Who", "caller"]

OWNER = Caller("local")
SUBPROTOCOL = "realtime"  # what a WebSocket that brings its key in a subprotocol is answered
SECRETS = "secrets"  # folder in the data folder
REALTIME = "/v1/realtime/"  # the part that a secret opens
KEY_SUBPROTOCOL = "openai-insecure-api-key."
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")  # a proxy speaks: the address is not the caller's


async def caller(connection: HTTPConnection) -> Caller:
    """FastAPI dependency, for HTTP and WebSocket alike: who asks. The door has checked already."""
    found = connection.scope["duologue.caller"]
    assert isinstance(found, Caller)
    return found


Who = Annotated[Caller, Depends(caller)]  # what a route asks for


class Access:
    def __init__(self, settings: Settings) -> None:
        self.secrets = Secrets(settings.data_dir / SECRETS)
        self._key = hash_of(settings.api_key) if settings.api_key else None
        self._origins = frozenset(settings.cors_origins)

    def check(self, connection: HTTPConnection) -> Caller:
        """Who asks. Raises NoAccess or ForeignSite."""
        key = key_of(connection)
        if key.startswith(PREFIX):
            found = self.secrets.caller(key)
            if not f"{connection.scope['path']}/".startswith(REALTIME):
                raise NoAccess("a client secret opens realtime sessions only; use an API key here")
            return found
        if key and self._key is not None and hmac.compare_digest(digest(key), self._key):
            return _by_key(key)
        if is_owner(connection):
            self._check_site(connection.headers)
            return _by_key(key) if key and key != OWNER.id else OWNER
        if key:
            raise NoAccess("this API key is not the server's; ask its owner, who set DUOLOGUE_API_KEY")
        raise NoAccess("no API key given; send it as `Authorization: Bearer KEY`")

    def _check_site(self, headers: Headers) -> None:
        """A page of another site, or one whose name was pointed at this machine, may not act as its owner."""
        origin = headers.get("origin")
        if origin in self._origins:
            return
        for name in (_host(f"//{headers.get('host', '')}"), _host(origin) if origin else "localhost"):
            if not is_loopback(name):
                raise ForeignSite(
                    f"pages of {name or 'nowhere'!r} may not ask without a key; give the key of the server, "
                    "or name the page's origin in DUOLOGUE_CORS_ORIGINS"
                )


def hash_of(key: str) -> str:
    """Of a key in the settings, which may be given as its hash already: "sha256:" and 64 digits."""
    kind, _, rest = key.partition(":")
    return rest.lower() if kind == "sha256" and len(rest) == 64 else digest(key)


def hashed(key: str) -> str:
    """As the settings take a key that is not to be read from them."""
    return f"sha256:{digest(key)}"


def key_of(connection: HTTPConnection) -> str:
    """The key that came along, or nothing. Browsers cannot set headers on a WebSocket, but subprotocols."""
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    for protocol in connection.scope.get("subprotocols", ()):
        if protocol.startswith(KEY_SUBPROTOCOL):
            return str(protocol.removeprefix(KEY_SUBPROTOCOL))
    return ""


def is_owner(connection: HTTPConnection) -> bool:
    """Whether the caller sits at this machine, no proxy between."""
    if connection.client is None or any(name in connection.headers for name in FORWARDED):
        return False
    return is_loopback(connection.client.host)


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _host(url: str) -> str:
    """The name of the machine in a URL; nothing where there is none, as in the origin "null"."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _by_key(key: str) -> Caller:
    return Caller(f"key_{digest(key)[:24]}")
