"""The one place where an error becomes OpenAI's body: {"error": {"message", "type", "param", "code"}}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from duologue.errors import BadInput, DuologueError, NotFound, TooMany

Told = dict[str, str | None]

OUR_MISTAKE: Told = {
    "message": "The server had an error while processing your request. Sorry about that!",
    "type": "server_error",
    "param": None,
    "code": "server_error",
}


class UnknownRoute(NotFound):
    code = "unknown_url"


class WrongMethod(DuologueError):
    http_status = 405
    code = "method_not_allowed"


class WrongType(BadInput):
    http_status = 415
    code = "unsupported_media_type"


def told(error: DuologueError) -> Told:
    """An error as the wire has it; the realtime `error` event carries the same fields."""
    return {"message": error.message, "type": error.type, "param": error.param, "code": error.code}


def response(error: DuologueError) -> Response:
    headers = {"retry-after": f"{error.retry_after_s:.0f}"} if isinstance(error, TooMany) else {}
    if error.http_status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": told(error)}, error.http_status, headers)


def our_mistake() -> Response:
    """Nothing of what went wrong is told: it may hold somebody's words."""
    return JSONResponse({"error": OUR_MISTAKE}, 500)


def install(app: FastAPI) -> None:
    app.add_exception_handler(DuologueError, _explained)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
    """What the router calls where no route is, for HTTP and WebSocket alike."""
    raise HTTPException(404)


async def _explained(connection: Request, error: Exception) -> Response:
    assert isinstance(error, DuologueError)
    connection.scope["duologue.error"] = error.code
    return response(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _explained(request, explain(error.errors(), request.headers.get("content-type", "")))


async def _http(request: Request, error: Exception) -> Response:
    """FastAPI's own refusals. A body that could not be read hides the reason as its cause."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, DuologueError):
        return await _explained(request, error.__cause__)
    answer = await _explained(request, _refusal(request, error))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _refusal(connection: HTTPConnection, error: HTTPException) -> DuologueError:
    method, path = connection.scope.get("method", "WS"), connection.url.path
    if error.status_code == 404:
        return UnknownRoute(f"unknown request URL: {method} {path}; /docs lists what there is")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return WrongMethod(f"{path} does not take {method}; use {allowed}")
    return BadInput("the body could not be read; see /docs for its form")


def explain(errors: Sequence[Any], content_type: str = "") -> DuologueError:
    """The first of pydantic's findings as one sentence, without the value: it may be somebody's words."""
    first = errors[0]
    where = [part for part in first["loc"] if part not in ("body", "query", "path", "header")]
    param = _path(where)
    if first["type"] == "json_invalid":
        return BadInput("the body is not valid JSON; check its brackets, commas and quotes")
    if not param:
        if content_type and "json" not in content_type:
            kind = content_type.split(";")[0]
            return WrongType(f"a body of type {kind!r} cannot be read here; send application/json")
        return BadInput("the body is missing or is no JSON object; see /docs for its form")
    if first["type"] == "missing":
        return BadInput(f"missing required parameter: '{param}'", param)
    reason = first["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return BadInput(f"invalid value for '{param}': {reason[:1].lower()}{reason[1:]}", param)


def _path(parts: Sequence[str | int]) -> str:
    """messages[0].content, as OpenAI writes it."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
