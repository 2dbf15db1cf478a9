"""Pages of a list with opaque cursors: keyset values, bound to the caller and the query that gave them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from shared.web.opaque import OpaqueTokens, TokenRefused
from shared.web.problems import Problem
from shared.web.resources import resources

T = TypeVar("T")
Key = Sequence[str | int]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True)
class PageRead:
    """Which page is asked for. Fetch `limit + 1` items after `after` and let `page` cut them.

    `read_after` is the caller's Rongcuo-Read-After token, for `Freshness.reach`.
    """

    limit: int
    after: Key | None
    request: Request = field(repr=False)
    response: Response = field(repr=False)
    read_after: str | None = None

    def page(self, items: Sequence[T], key: Callable[[T], Key]) -> Page[T]:
        """Return the page of up to `limit` items; `key` gives the keyset values (str or int) of an item."""
        shown = list(items[: self.limit])
        if len(items) <= self.limit:
            return Page(items=shown, next_cursor=None)
        cursor = _Cursors(self.request).encode(key(shown[-1]))
        query = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
        link = f"{self.request.url.path}?{urlencode([*query, ('cursor', cursor)])}"
        self.response.headers["Link"] = f'<{link}>; rel="next"'
        return Page(items=shown, next_cursor=cursor)


async def _page_read(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200, description="Items per page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=1024, description="next_cursor of the page before.")] = None,
) -> PageRead:
    after = None if cursor is None else _Cursors(request).decode(cursor)
    return PageRead(limit, after, request, response)


PagedDirect = Annotated[PageRead, Depends(_page_read)]
"""The parameter of a route that reads a list where it is written, so that there is nothing to wait for."""


async def _awaited_page_read(
    read: PagedDirect,
    read_after: Annotated[
        str | None, Header(alias="Rongcuo-Read-After", description="Wait until this write is shown.", max_length=512)
    ] = None,
) -> PageRead:
    return replace(read, read_after=read_after)


Paged = Annotated[PageRead, Depends(_awaited_page_read)]
"""The parameter of a route that reads the list of a read model: `read: Paged`."""


def filter_of(request: Request, but: Sequence[str]) -> list[Any]:
    """Return what a token of a list is bound to: who asks, the path, and every parameter but those named."""
    caller = request.state.access.caller
    asked = sorted(item for item in request.query_params.multi_items() if item[0] not in but)
    return [caller.issuer, caller.subject, request.url.path, asked]


class _Cursors:
    """Cursors of one caller's query: the path and every parameter but `cursor` and `limit`."""

    def __init__(self, request: Request) -> None:
        self._tokens = OpaqueTokens(resources(request).key("cursor"))
        self._bound = filter_of(request, but=("cursor", "limit"))

    def encode(self, key: Key) -> str:
        return self._tokens.seal(list(key), self._bound)

    def decode(self, cursor: str) -> Key:
        try:
            key: Key = self._tokens.open(cursor, self._bound)
        except TokenRefused as error:
            raise Problem("cursor-invalid") from error
        return key
