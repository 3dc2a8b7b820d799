"""One line for each request, as key=value: method, route, status, milliseconds and a hash of the caller.

Never a query, a body, a word or a key: only the route's template, as "/v1/files/{file_id}".
"""

from __future__ import annotations

import logging
import traceback

log = logging.getLogger("duologue.server")

FORMAT = "%(asctime)s %(levelname)s %(message)s"


def configure() -> None:
    """Lines of this server go to the standard error, and of uvicorn's those about what went wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    for each, level in ((log, logging.INFO), (logging.getLogger("uvicorn"), logging.WARNING)):
        each.handlers[:] = [handler]
        each.setLevel(level)
        each.propagate = False


def request(
    request_id: str, method: str, route: str, status: int, ms: float, caller: str, error: str | None
) -> None:
    told = f"request={request_id} method={method} route={route} status={status} ms={ms:.1f} caller={caller}"
    log.info(told if error is None else f"{told} error={error}")


def mistake(request_id: str, error: BaseException) -> None:
    """What fell, and where. Not its message: an assertion may quote somebody's words."""
    where = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    log.error(f"request={request_id} mistake={type(error).__name__} at={' '.join(where)}")
