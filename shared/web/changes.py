"""Delta sync: what has changed in a caller's view of a list since his token, and what has left it.

A token says which state of the list its bearer has: a position of the log and an instant, and the ids of which that is
unsettled, because their rows were held back (`RowVersions.changes`); encrypted. It holds for one caller with one set of
grants, one path and one filter (docs/http.md).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.authz.caller import Caller
from shared.authz.policy_engine import policies
from shared.eventstore.log import EventLog
from shared.eventstore.readmodels import ReadModel, position_of, reading
from shared.eventstore.row_versions import Shown, Sight
from shared.kernel.clock import Clock
from shared.kernel.instants import instant_text, parse_instant
from shared.web.opaque import OpaqueTokens, TokenRefused
from shared.web.pages import filter_of
from shared.web.problems import Problem
from shared.web.resources import resources

T = TypeVar("T")
_EPOCH = instant_text(datetime.fromtimestamp(0, UTC))
_MARK_CHARACTERS = 16
_UNSETTLED = 32
"""How many ids fit into a token of 2048 characters beside the rest."""
_UNCHANGED = 1000
"""Within how many events a token is given again if nothing has changed for its bearer: a poll looks through them."""


class Tombstone(BaseModel):
    """Something that the caller could see at his token's position and does not see any more, for whatever reason."""

    id: UUID


class Changes(BaseModel, Generic[T]):
    """One page of changes. Exactly one token is not null: `next` while there is more, `delta` for the next time."""

    items: list[T]
    tombstones: list[Tombstone]
    next: str | None
    delta: str | None


@dataclass(frozen=True)
class _State:
    """A state of the list that a token names; `mark` tells the log from another with as many events."""

    position: int = 0
    instant: str = _EPOCH
    mark: str = ""

    def sight(self) -> Sight:
        return Sight(self.position, parse_instant(self.instant))


@dataclass
class ChangesRead:
    """Which changes are asked for: those after the state `known`, up to `target` (chosen on the first page).

    `unsettled` are, beyond the id `beyond`, those of the state `known`, and up to it those of the state `target`. It is
    used as a PageRead is: `rows` instead of the list's query, then `page`.
    """

    limit: int
    read_after: str | None
    known: _State
    target: _State | None
    beyond: UUID | None
    unsettled: Sequence[UUID]
    request: Request = field(repr=False)
    response: Response = field(repr=False)
    gone: list[Tombstone] = field(default_factory=list)
    more: bool = False

    async def rows(
        self, engine: AsyncEngine, model: ReadModel, shown: Shown, clock: Clock
    ) -> Sequence[Mapping[str, Any]]:
        """Return the rows that are new to the caller or changed; raises Problem `sync-restart`, `read-model-behind`."""
        if model.rows is None:
            raise TypeError(f"{model.name} keeps no versions of its rows")
        log, now, begins = resources(self.request).log, clock(), self.target is None
        reached = await position_of(engine, model)
        if self.target is None:
            self.target = _State(reached, instant_text(now), await _mark(log, reached))
        for state in (self.known, self.target):
            await self._check(log, state, reached)
        query = model.rows.changes(
            shown,
            self.known.sight(),
            self.target.sight(),
            now,
            unsettled=self.unsettled,
            beyond=self.beyond,
            limit=self.limit + 1,
        )
        async with reading(engine, model) as connection:
            found = (await connection.execute(query)).mappings().all()
        if begins and not found and 0 < self.known.position > reached - _UNCHANGED:
            self.target = self.known  # it is still true, and an answer with the same token is 304
        return self._cut(found)

    def _cut(self, found: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return the rows that are sent of a page and one more, and take note of the others."""
        self.more, page = len(found) > self.limit, found[: self.limit]
        begun, self.beyond = self.beyond, page[-1]["changed"] if self.more else None
        earlier = [thing for thing in self.unsettled if begun and thing <= begun]
        later = [thing for thing in self.unsettled if self.beyond and thing > self.beyond]
        self.unsettled = [*earlier, *(row["changed"] for row in page if row["held"]), *later]
        if len(self.unsettled) > _UNSETTLED:
            raise _restart(self.request)
        self.gone = [Tombstone(id=row["changed"]) for row in page if row["gone"]]
        return [_listed(row) for row in page if not (row["gone"] or row["held"])]

    async def _check(self, log: EventLog, state: _State, reached: int) -> None:
        """Refuse a state of another log (it was restored from a backup), and one that is not shown yet."""
        if state.position and await _mark(log, state.position) != state.mark:
            raise _restart(self.request)
        if state.position > reached:
            raise Problem("read-model-behind", headers={"Retry-After": "1"})

    def page(self, items: Sequence[T], _key: Callable[[T], Any]) -> Changes[T]:
        """Return the page; `_key` is what a page of the list itself needs."""
        token = self._token()
        if self.more:
            self.response.headers["Link"] = f'<{_link(self.request, token)}>; rel="next"'
        next_, delta = (token, None) if self.more else (None, token)
        return Changes(items=list(items), tombstones=self.gone, next=next_, delta=delta)

    def _token(self) -> str:
        told = [vars(self.known), vars(self.target), str(self.beyond)] if self.more else [vars(self.target), None, None]
        value = [_grants(_caller(self.request)), *told, *(thing.hex for thing in self.unsettled)]
        return _tokens(self.request).seal(value, _bound(self.request))


async def _changes_read(
    request: Request,
    response: Response,
    since: Annotated[
        str | None,
        Query(max_length=2048, description="The token (next or delta) of the answer before; none: everything."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Changes per page.")] = 50,
    read_after: Annotated[
        str | None, Header(alias="Rongcuo-Read-After", description="Wait until this write is shown.", max_length=512)
    ] = None,
) -> ChangesRead:
    if since is None:
        return ChangesRead(limit, read_after, _State(), None, None, (), request, response)
    try:
        grants, known, target, beyond, *unsettled = _tokens(request).open(since, _bound(request))
    except TokenRefused as error:
        raise Problem("sync-token-invalid") from error
    if grants != _grants(_caller(request)):
        raise _restart(request)
    return ChangesRead(
        limit,
        read_after,
        _State(**known),
        _State(**target) if target else None,
        UUID(beyond) if beyond else None,
        [UUID(thing) for thing in unsettled],
        request,
        response,
    )


Synced = Annotated[ChangesRead, Depends(_changes_read)]
"""The parameter that takes the place of `Paged` in the route of a list's changes."""


def _tokens(request: Request) -> OpaqueTokens:
    return OpaqueTokens(resources(request).key("sync"))


def _bound(request: Request) -> list[Any]:
    return filter_of(request, but=("since", "limit"))


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.access.caller
    return caller


def _grants(caller: Caller) -> str:
    """Return the digest of everything on which it depends what a caller is shown: himself, his claims, the policies."""
    held = [
        *(caller.issuer, caller.subject, sorted(caller.roles), caller.organisation),
        *(sorted(caller.jurisdictions), str(caller.party), policies().digest),
    ]
    return sha256(json.dumps(held).encode()).hexdigest()


async def _mark(log: EventLog, position: int) -> str:
    """Return what tells this log from another one that is as long: the beginning of the hash of its event there."""
    page = await log.read_page(after=position - 1, limit=1) if position else []
    return page[0].hash[:_MARK_CHARACTERS] if page else ""


def _restart(request: Request) -> Problem:
    """Return the refusal that sends the caller back to the beginning, where the link leads."""
    return Problem("sync-restart", headers={"Link": f'<{_link(request, None)}>; rel="start"'})


def _link(request: Request, since: str | None) -> str:
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "since"]
    query += [] if since is None else [("since", since)]
    return f"{request.url.path}?{urlencode(query)}" if query else request.url.path


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("changed", "gone", "held")}
