"""/v1/responses: made while the caller waits, as a stream or in the background; stored unless unwanted."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, FastAPI, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from duologue import picture
from duologue.engine import Pixels
from duologue.errors import BadInput, DuologueError, NotFound
from duologue.server import answers, faults
from duologue.server.access import Who
from duologue.server.asking import Question, count
from duologue.server.conversations import of_response
from duologue.server.drawing import scaled
from duologue.server.encode import made_by
from duologue.server.ids import new_id
from duologue.server.image_fields import size_of
from duologue.server.materials import Materials
from duologue.server.models import model_of
from duologue.server.pages import Limit, Order, page
from duologue.server.response_events import Telling, usage
from duologue.server.response_fields import Asked, CreateResponse, ToolOffered
from duologue.server.response_input import Item, Reference, item_of, items_of, question, stored
from duologue.server.response_runs import MAKING, Run, Runs, Stored
from duologue.server.response_shape import response_of
from duologue.server.state import Shared
from duologue.server.tape import Tape

Json = dict[str, Any]


class PreviousNotFound(NotFound):
    code: ClassVar[str] = "previous_response_not_found"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Inside the app's own, so that what is being made ends before the engine closes."""
    yield
    if hasattr(app.state, "duologue_runs"):
        await app.state.duologue_runs.close()
        del app.state.duologue_runs


router = APIRouter(prefix="/v1/responses", tags=["Responses"], lifespan=_lifespan)


async def runs(request: Request, shared: Shared) -> Runs:
    """The app's only one, made when first asked for."""
    if not hasattr(request.app.state, "duologue_runs"):
        request.app.state.duologue_runs = Runs(shared)
    found: Runs = request.app.state.duologue_runs
    return found


AllRuns = Annotated[Runs, Depends(runs)]


@router.post("", summary="Answer, with memory of the responses before")
async def create(
    body: CreateResponse, request: Request, shared: Shared, who: Who, all_runs: AllRuns
) -> Response:
    body.check()
    model = model_of(body.model, shared.engine.model_name)
    new, asked = await _question(body, Materials(shared, who), all_runs)
    telling = Telling(
        response_of(body, new_id("resp"), model, int(time.time()), asked),
        tells_logprobs=body.wants_logprobs,
    )
    run = Run(
        who.id, telling, [stored(item) for item in new], _picture_of(body, made_by(shared.engine.model_name))
    )
    if body.background:
        await all_runs.begin_in_background(run, asked, who)
        if body.stream:
            return await answers.streamed(request, run.tape, _events(run.tape), stops=False)
        return JSONResponse(telling.response)
    all_runs.begin(run, asked, who, body.is_stored)
    if body.stream:
        return await answers.streamed(request, run.tape, _events(run.tape))

    async def told() -> Response:
        return JSONResponse(telling.response)

    return await answers.whole(request, run.tape, told)


@router.post("/input_tokens", summary="How many tokens a response would have to read")
async def input_tokens(
    body: Asked, request: Request, shared: Shared, who: Who, all_runs: AllRuns
) -> Response:
    body.check()
    model_of(body.model, shared.engine.model_name)
    _, asked = await _question(body, Materials(shared, who), all_runs)
    held = await answers.while_connected(request, count(shared.engine, asked))
    return JSONResponse({"object": "response.input_tokens", "input_tokens": usage(held)["input_tokens"]})


@router.get("/{response_id}", summary="A stored response, or one in the background")
async def read(
    response_id: str,
    request: Request,
    shared: Shared,
    who: Who,
    all_runs: AllRuns,
    stream: bool = False,
    starting_after: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    run, kept = all_runs.find(who.id, response_id), Stored(shared.kept, who.id)
    if not stream:
        return JSONResponse(run.telling.response if run else await kept.response(response_id))
    start = 0 if starting_after is None else starting_after + 1
    if run is not None:
        return answers.Stream(_events(run.tape, start), None)
    events = await kept.events(response_id)
    if (await kept.response(response_id))["status"] in MAKING:
        raise BadInput("this response is made by another process of the server; poll it", "stream")
    if not events:
        raise BadInput("only a response that was made in the background can be streamed later", "stream")
    return answers.Stream(_replayed(events[start:]), None)


@router.delete("/{response_id}", summary="Delete a response")
async def delete(response_id: str, shared: Shared, who: Who, all_runs: AllRuns) -> Json:
    await Stored(shared.kept, who.id).delete(response_id)
    run = all_runs.find(who.id, response_id)
    if run is not None:
        await all_runs.cancel(run)
    return {"id": response_id, "object": "response", "deleted": True}


@router.post("/{response_id}/cancel", summary="Stop a response that is made in the background")
async def cancel(response_id: str, shared: Shared, who: Who, all_runs: AllRuns) -> Json:
    run = all_runs.find(who.id, response_id)
    if run is not None:
        return await all_runs.cancel(run)
    found = await Stored(shared.kept, who.id).cancel(response_id)
    if not found["background"]:
        raise BadInput("only a response that is made in the background can be cancelled", "response_id")
    return found


@router.get("/{response_id}/input_items", summary="What a response answered")
async def input_items(
    response_id: str,
    shared: Shared,
    who: Who,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = "desc",
) -> Json:
    return page(await Stored(shared.kept, who.id).input(response_id), after, limit, order)


async def _question(asked: Asked, materials: Materials, all_runs: Runs) -> tuple[list[Item], Question]:
    """The new items, and everything said up to now. Raises NotFound, BadInput and as materials do."""
    new = items_of(asked)
    kept = Stored(materials.shared.kept, materials.caller.id)
    before: list[Json] = []
    if asked.previous_response_id is not None:
        try:
            if (await kept.response(asked.previous_response_id))["status"] in MAKING:
                told = "the previous response is not complete yet; wait for it"
                raise BadInput(told, "previous_response_id")
            before = await kept.chain(asked.previous_response_id)
        except NotFound:
            raise PreviousNotFound(
                "the previous response, or one before it, is not stored here; send its items as input",
                "previous_response_id",
            ) from None
    if asked.conversation_id is not None:
        owner = materials.caller.id
        before = await of_response(materials.shared.kept, owner, asked.conversation_id)
    old = [item_of(item, "previous_response_id") for item in before]
    resolved = [await _resolved(item, before, kept) if isinstance(item, Reference) else item for item in new]
    return resolved, await question(asked, [*old, *resolved], materials)


async def _resolved(reference: Reference, before: list[Json], kept: Stored) -> Item:
    for item in before:
        if item["id"] == reference.id:
            return item_of(item, "input")
    return item_of(await kept.output_item(reference.id), "input")


def _picture_of(body: CreateResponse, note: str) -> Callable[[Pixels], bytes]:
    tool = body.drawing or ToolOffered(type="image_generation")
    size = size_of(tool.size, "tools")
    return lambda pixels: picture.encode(scaled(pixels, size), f".{tool.output_format}", note)


async def _events(tape: Tape[Json], start: int = 0) -> AsyncIterator[bytes]:
    number = start
    try:
        async for event in tape.read(start):
            yield answers.event(event, event["type"])
            number = event["sequence_number"] + 1
    except DuologueError as error:  # the status is sent already: the stream itself has to tell
        told = faults.told(error)
        failure = {"type": "error", "sequence_number": number}
        yield answers.event(failure | {name: told[name] for name in ("code", "message", "param")}, "error")


async def _replayed(events: list[Json]) -> AsyncIterator[bytes]:
    for event in events:
        yield answers.event(event, event["type"])
