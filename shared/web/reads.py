"""What every read of one thing can do: show a version or an instant of the past, and tell its version."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Response

from shared.eventstore.read_after import ReadAfter
from shared.web.problems import Problem
from shared.web.text import At

WAIT_S = 2.0
_MAX_VERSION = 2**31 - 1


@dataclass(frozen=True)
class Moment:
    """Which past is asked for: a version of the stream, an instant, or neither (now)."""

    at_version: int | None
    as_of: datetime | None


@dataclass(frozen=True)
class DetailRead:
    """The read of one thing: `moment` says of when, `answered(version)` begins the ETag."""

    moment: Moment
    response: Response

    def answered(self, version: int) -> None:
        """Say which version is answered; `shared.web.conditional` makes the ETag of it and of the bytes."""
        self.response.headers["ETag"] = etag(version)


async def _moment(
    at_version: Annotated[int | None, Query(ge=1, le=_MAX_VERSION, description="As it stood at this version.")] = None,
    as_of: Annotated[At | None, Query(description="As it stood at this instant.")] = None,
) -> Moment:
    if at_version is not None and as_of is not None:
        raise Problem("query-parameters-exclusive")
    return Moment(at_version, as_of)


Dated = Annotated[Moment, Depends(_moment)]
"""The moment of a read of the past: `at_version` or `as_of`, and now without them."""


async def _detail_read(
    response: Response,
    moment: Dated,
    _known: Annotated[str | None, Header(alias="If-None-Match", description="ETag that you hold.")] = None,
) -> DetailRead:
    return DetailRead(moment, response)


Detail = Annotated[DetailRead, Depends(_detail_read)]
"""The parameter of a route that reads one thing: `read: Detail`."""


def etag(version: int) -> str:
    """Return the entity tag of a version: `"v3"`."""
    return f'"v{version}"'


@dataclass(frozen=True)
class Freshness:
    """Makes a read of read models wait, bounded, for the caller's own write and for every change of permissions.

    `wait_for(model, position, seconds)` tells whether the read model reached the position in time, `awaited(model)` the
    position of the last change of permissions that it does not show yet, or 0.
    """

    read_after: ReadAfter
    log: str
    wait_for: Callable[[str, int, float], Awaitable[bool]]
    awaited: Callable[[str], Awaitable[int]]

    async def reach(self, token: str | None, model: str) -> None:
        """Wait for `model`; raises Problem `read-after-invalid` or `read-model-behind` (after 2 s)."""
        position = max(self._own(token), await self.awaited(model))
        if position and not await self.wait_for(model, position, WAIT_S):
            raise Problem("read-model-behind", headers={"Retry-After": "1"})

    def _own(self, token: str | None) -> int:
        try:
            return 0 if token is None else self.read_after.position(token, self.log)
        except ValueError as error:
            raise Problem("read-after-invalid") from error
