"""Pages of a list with opaque cursors: keyset values, bound by HMAC to the query that gave them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest, digest
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from shared.web.problems import Problem
from shared.web.resources import resources

T = TypeVar("T")
Key = Sequence[str | int]
_MAC_BYTES = 16


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
    read_after: str | None
    request: Request = field(repr=False)
    response: Response = field(repr=False)

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
    read_after: Annotated[
        str | None, Header(alias="Rongcuo-Read-After", description="Wait until this write is shown.", max_length=512)
    ] = None,
) -> PageRead:
    after = None if cursor is None else _Cursors(request).decode(cursor)
    return PageRead(limit, after, read_after, request, response)


Paged = Annotated[PageRead, Depends(_page_read)]
"""The parameter of a route that reads a list: `read: Paged`."""


class _Cursors:
    """Cursors of one query: the path and every parameter but `cursor` and `limit`."""

    def __init__(self, request: Request) -> None:
        self._key = resources(request).key("cursor")
        filters = sorted(item for item in request.query_params.multi_items() if item[0] not in ("cursor", "limit"))
        self._bound = json.dumps([request.url.path, filters]).encode()

    def encode(self, key: Key) -> str:
        payload = json.dumps(list(key), separators=(",", ":")).encode()
        return urlsafe_b64encode(self._mac(payload) + payload).rstrip(b"=").decode()

    def decode(self, cursor: str) -> Key:
        try:
            data = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError as error:
            raise Problem("cursor-invalid") from error
        mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
        if not compare_digest(mac, self._mac(payload)):
            raise Problem("cursor-invalid")
        key: Key = json.loads(payload)
        return key

    def _mac(self, payload: bytes) -> bytes:
        return digest(self._key, len(self._bound).to_bytes(8, "big") + self._bound + payload, "sha256")[:_MAC_BYTES]
