"""What can go wrong that a person can put right. Each is one sentence: the wrong value, and the remedy.

    DuologueError                       something we can explain
    ├── BadInput                        what the caller gave cannot be used
    │   ├── BadAudio                        no sound, too long, damaged, not sound at all
    │   ├── BadImage                        no picture, too large, damaged, not a picture at all
    │   ├── BadText                         empty, too long, not text at all
    │   └── BadSettings                     a flag, a DUOLOGUE_ variable or a line of config.toml
    │       └── PortTaken                       the address to listen at is somebody else's
    ├── WeightsMissing                  no such model here
    ├── WeightsDamaged                  the files differ from their checksums
    ├── NoWritePermission               the place to write to does not let us
    ├── DiskFull                        the place to write to has no room
    ├── NoMicrophone                    nothing to listen with, or nothing to speak through
    ├── ExtraMissing                    a command whose optional packages are not installed
    ├── NoAccess                        no key where one is needed, or a wrong or expired one
    ├── ForeignSite                     a page of another site acts as this machine's owner
    ├── NotFound                        no such thing here, or it is somebody else's
    ├── NotOffered                      a part of OpenAI's interface that this server does not have
    ├── TooLarge                        a request body over the bound
    ├── TooMany                         the caller's requests or tokens of this minute are used up
    ├── TookTooLong                     a reply that was not ready in time
    └── Busy                            as many conversations as this engine may hold

`exit_code`: 2 when the caller can put it right, 1 when not. The other three are the error's face on OpenAI's
wire. A mistake of ours is an `assert`, not a class here; a hang-up is no error at all.
"""

from __future__ import annotations

from typing import ClassVar


class DuologueError(Exception):
    """One sentence for the person who meets it; `str(error)` is that sentence."""

    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 400
    type: ClassVar[str] = "invalid_request_error"
    code: ClassVar[str | None] = None

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param  # the field of a request that was wrong, where there is one


class BadInput(DuologueError):
    code = "invalid_value"


class BadAudio(BadInput):
    code = "invalid_audio"


class BadImage(BadInput):
    code = "invalid_image"


class BadText(BadInput):
    code = "invalid_text"


class BadSettings(BadInput):
    code = "invalid_settings"


class PortTaken(BadSettings):
    code = "port_taken"


class WeightsMissing(DuologueError):
    http_status = 404
    code = "model_not_found"


class WeightsDamaged(DuologueError):
    http_status = 500
    type = "server_error"
    code = "model_damaged"


class NoWritePermission(DuologueError):
    http_status = 500
    type = "server_error"
    code = "no_write_permission"


class DiskFull(DuologueError):
    http_status = 507
    type = "server_error"
    code = "disk_full"


class NoMicrophone(DuologueError):
    code = "no_microphone"


class ExtraMissing(DuologueError):
    http_status = 501
    type = "server_error"
    code = "extra_missing"


class NoAccess(DuologueError):
    http_status = 401
    code = "invalid_api_key"


class ForeignSite(DuologueError):
    http_status = 403
    code = "foreign_site"


class NotFound(DuologueError):
    http_status = 404
    code = "not_found"


class NotOffered(DuologueError):
    http_status = 404
    code = "not_offered"


class TooLarge(DuologueError):
    http_status = 413
    code = "request_too_large"


class TooMany(DuologueError):
    exit_code = 1
    http_status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"
    retry_after_s: float = 60.0


class TookTooLong(DuologueError):
    exit_code = 1
    http_status = 504
    type = "server_error"
    code = "timeout"


class Busy(DuologueError):
    exit_code = 1
    http_status = 429
    type = "rate_limit_error"
    code = "too_many_sessions"
