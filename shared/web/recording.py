"""Puts on record what an answer shows, before its first byte leaves, and every refusal; no handler has to think of it.

What is recorded is read off the answer itself, so that it is what leaves; which policies decided and which texts were
opened is what the request's `Access` has kept.
"""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, TypeAdapter
from starlette.responses import StreamingResponse

from shared.accesslog.recorder import AccessRecordUnavailable, Circumstances, Recorder
from shared.accesslog.records import (
    AccessRecord,
    AccessRefused,
    CaseContentRead,
    ExportBegun,
    ExportEnded,
    SoughtRecords,
)
from shared.authz.access import Access
from shared.authz.policy_engine import policies
from shared.kernel.errors import Rejected
from shared.kernel.metadata import Policy
from shared.web.catalogue import catalogue
from shared.web.conditional import conditional
from shared.web.desk import CommandAnswer
from shared.web.problems import Problem
from shared.web.resources import resources
from shared.web.tracing import traceparent
from shared.web.validation import problem_of

_RESOURCE = re.compile(r"^/(?:[a-z]+/v\d+/)?([a-z-]+)")
_EVENT = re.compile(rb'^(?:id: |\{"log":"[a-z_]+","position":)([0-9]+)', re.MULTILINE)
"""Where an event of an export says its position: in a server-sent event, and at the beginning of a line of NDJSON."""
_VERSION = re.compile(r'"v(\d+)')
_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
_ERRORS = logging.getLogger("rongcuo.errors")


@dataclass(frozen=True)
class Recording:
    """What one operation puts on record: what it shows if it shows `content`, and whom it refuses.

    `action` is the operation's id, `path` the template of its path. What everybody may read is not recorded.
    """

    action: str
    path: str
    content: bool

    async def answer(self, request: Request, access: Access, handle: Callable[[], Awaitable[Response]]) -> Response:
        """Return what `handle` answers, or 304 for what the caller holds, once that stands in the access log.

        Raises Problem `access-record-unavailable` instead of showing what could not be recorded, else what `handle`
        raises; a refusal that could not be recorded is a refusal all the same.
        """
        session, published = _Session(self, request, access), policies().published(access.action)
        try:
            shown = await handle()
        except Exception as error:
            problem = _problem(error)
            if problem and problem.extra.get("since"):
                await session.record(session.told_since(problem))
            elif problem and problem.status_code in ((403,) if published else (403, 404)):
                await session.refused(problem)
            raise
        response = conditional(request, shown) if request.method == "GET" else shown
        if published:
            return response
        if isinstance(response, StreamingResponse):
            response.body_iterator = await session.export(response)
        elif (self.content or _plans(shown)) and shown.status_code != 204:
            await session.record(session.read(shown, response.status_code))
        return response


@dataclass(frozen=True)
class _Session:
    """One request on its way to the record."""

    recording: Recording
    request: Request
    access: Access

    def read(self, answer: Response, status: int) -> CaseContentRead:
        shown = _Shown(orjson.loads(answer.body) if answer.body else None)
        places = shown.places()
        named, query = self._named(), self.request.query_params
        version, as_of, trail = _VERSION.search(answer.headers.get("etag", "")), query.get("as_of"), self.access.trail
        return CaseContentRead(
            **self._what(),
            ids=tuple(dict.fromkeys((*named, *shown.ids()))),
            fields=shown.fields(),
            opened=tuple(sorted(trail.opened)),
            classes=tuple(sorted(trail.classes)),
            first=min(places, default=None),
            last=max(places, default=None),
            version=int(version[1]) if version else None,
            at_version=int(query["at_version"]) if "at_version" in query else None,
            as_of=_INSTANT.validate_python(as_of) if as_of else None,
            status=status,
            sought=self._sought(),
        )

    def told_since(self, problem: Problem) -> CaseContentRead:
        """Return the record of a refusal that shows a part of the history: what the caller had not seen."""
        return CaseContentRead(
            **self._what(),
            ids=self._named(),
            fields=tuple(sorted(problem.extra)),
            opened=(),
            classes=tuple(sorted(self.access.trail.classes)),
            first=None,
            last=None,
            version=problem.extra["current_version"],
            at_version=None,
            as_of=None,
            status=problem.status_code,
        )

    async def record(self, record: AccessRecord) -> UUID:
        try:
            return await self._recorder.record(record, self._circumstances(self._grounds()))
        except AccessRecordUnavailable as reason:
            _ERRORS.error("an answer was not given: its access record: %s", reason, extra={"trace_id": self._trace})
            raise Problem("access-record-unavailable", headers={"Retry-After": "2"}) from reason

    async def refused(self, problem: Problem) -> None:
        trail = self.access.trail
        hidden = ("not-permitted" if trail.denied else "not-there") if problem.status_code == 404 else None
        record = AccessRefused(
            **self._what(), ids=self._named(), code=problem.code, status=problem.status_code, reason=hidden
        )
        try:
            await self._recorder.record(record, self._circumstances(trail.forbids))
        except AccessRecordUnavailable as reason:
            _ERRORS.error("a refusal is not on record: %s", reason, extra={"trace_id": self._trace})

    async def export(self, response: StreamingResponse) -> AsyncIterator[Any]:
        after = self.request.headers.get("last-event-id") or self.request.query_params.get("after", "")
        begun = ExportBegun(
            **self._what(),
            ids=self._named(),
            after=int(after) if after.isdecimal() else None,
            sought=self._sought(),
        )
        return self._lines(await self.record(begun), response.body_iterator)

    async def _lines(self, export: UUID, body: Any) -> AsyncIterator[Any]:
        """Pass the lines on and count them; whoever goes away while he is served does not wait for the last record."""
        lines, events, last, complete = 0, 0, None, False
        try:
            async for chunk in body:
                lines += chunk.count(b"\n")
                if positions := _EVENT.findall(chunk):
                    events, last = events + len(positions), int(positions[-1])
                yield chunk
            complete = True
        finally:
            try:
                ended = ExportEnded(export=export, lines=lines, complete=complete, events=events, last=last)
                written = self._recorder.put(ended, self._circumstances(self._grounds(), export))
                written.add_done_callback(lambda done: done.cancelled() or done.exception())
            except AccessRecordUnavailable as reason:
                _ERRORS.error("the end of an export is not on record: %s", reason, extra={"trace_id": self._trace})

    @property
    def _recorder(self) -> Recorder:
        return resources(self.request).recorder

    @property
    def _trace(self) -> str:
        return str(self.access.trace_id)

    def _what(self) -> dict[str, Any]:
        resource = _RESOURCE.match(self.recording.path)
        return {"action": self.recording.action, "resource": resource[1] if resource else ""}

    def _named(self) -> tuple[UUID, ...]:
        """Return the ids in path and query; what is no id is not kept, for nobody knows what it says."""
        return tuple(_uuids((*self.request.path_params.values(), *self.request.query_params.values())))

    def _sought(self) -> SoughtRecords | None:
        """Return which access records are looked for, None where it is not these that are read."""
        query = self.request.query_params
        if not self.recording.path.endswith("/access-records"):
            return None
        caller, first, before = (query.get(name) for name in ("caller", "recorded_from", "recorded_before"))
        return SoughtRecords(
            caller_sha256=sha256(caller.encode()).hexdigest() if caller is not None else None,
            recorded_from=_INSTANT.validate_python(first) if first else None,
            recorded_before=_INSTANT.validate_python(before) if before else None,
        )

    def _grounds(self) -> frozenset[str]:
        """Return the policies that let the caller see this; of a list, those from which its filter is made."""
        trail, caller = self.access.trail, self.access.caller
        return frozenset(trail.permits) or policies().grounds(caller.roles, self.access.action)

    def _circumstances(self, deciding: Iterable[str], causation: UUID | None = None) -> Circumstances:
        return Circumstances(
            actor=self.access.caller.actor(),
            trace_id=self.access.trace_id,
            purpose=self.access.purpose,
            policy=Policy(ids=tuple(sorted(deciding)), digest=policies().digest),
            traceparent=traceparent(self.request.headers),
            causation=causation,
        )


@dataclass(frozen=True)
class _Shown:
    """What a JSON answer shows: one thing, or the items of a page."""

    body: Any

    def ids(self) -> Iterator[UUID]:
        return _uuids(item.get("id") for item in self._items())

    def fields(self) -> tuple[str, ...]:
        return tuple(sorted({name for item in self._items() for name in item}))

    def places(self) -> list[int]:
        """Return the places in a log that the items of a feed say they have."""
        said = [item.get("index", item.get("position")) for item in self._items()]
        return [place for place in said if isinstance(place, int)]

    def _items(self) -> list[Mapping[str, Any]]:
        if not isinstance(self.body, dict):
            return []
        items = self.body.get("items", [self.body])
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _uuids(values: Any) -> Iterator[UUID]:
    for value in values:
        try:
            yield UUID(str(value))
        except ValueError:
            continue


def _plans(answer: Response) -> bool:
    return isinstance(answer, CommandAnswer) and answer.plans


def _problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return problem_of(error)
    return Problem(error.code) if isinstance(error, Rejected) and error.code in catalogue() else None
