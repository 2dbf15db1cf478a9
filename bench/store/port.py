"""What the harness asks of a store: a writer, a tailing reader, and the truth afterwards."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from rongcuo.embedded.postgres import Postgres

Body: TypeAlias = Mapping[str, Any]
Address: TypeAlias = dict[str, str]

CATEGORY = "account"
NEW = 0
PAGE = 1000  # events that a reader asks for at once, in every store


class Conflict(Exception):
    """The stream has moved on from where the append expected it."""


class Unavailable(Exception):
    """The store cannot be installed or started here; the message says why."""


class Delivered(NamedTuple):
    """One event as a store gives it: its id, its stream, and a number that rises within the stream."""

    event: str
    stream: str
    order: int


@dataclass(frozen=True)
class Appended:
    """Acknowledged events, and what the next append to the stream has to expect."""

    token: int
    events: tuple[str, ...]


class Writer(Protocol):
    """Appends events. The token that an append expects is NEW, or what the last append to the stream gave."""

    async def append(self, stream: str, expected: int, bodies: Sequence[Body]) -> Appended:
        """Store all or none; raises Conflict."""
        ...

    async def token(self, stream: str, known: int) -> int:
        """Ask the store where the stream stands; `known` is where it stood before."""
        ...


class Reader(Protocol):
    """Follows the store from its beginning, the way its makers document."""

    async def page(self) -> list[Delivered]:
        """Return what follows what was returned before, at most PAGE events; empty at the end."""
        ...


@dataclass(frozen=True)
class Servers:
    """What stores may use: the one PostgreSQL, and a directory on the same disk."""

    postgres: Postgres
    directory: Path


@dataclass(frozen=True)
class Place:
    """An empty store: where its clients find it, and the process that serves it. `wal`: it writes PostgreSQL's log."""

    address: Address
    pid: int
    wal: bool = True


class Client(Protocol):
    """The half of a store that works in a client process."""

    @property
    def blocking(self) -> bool:
        """Whether callers are threads; otherwise they are tasks of one event loop."""
        ...

    def writer(self, address: Address, callers: int) -> AbstractAsyncContextManager[Writer]:
        """Open what appends."""
        ...

    def reader(self, address: Address) -> AbstractAsyncContextManager[Reader]:
        """Open what follows."""
        ...

    def replays(self, address: Address, kind: str) -> AsyncIterator[int]:
        """Read everything, page by page, and yield the sizes of the pages."""
        ...


class Store(Protocol):
    """One store in one mode, seen from the process that measures."""

    @property
    def key(self) -> str:
        """Name the store in commands."""
        ...

    @property
    def title(self) -> str:
        """Name the store and its mode in a report."""
        ...

    @property
    def replay_kinds(self) -> tuple[tuple[str, str], ...]:
        """Return keys and titles of the ways to read everything."""
        ...

    def versions(self) -> dict[str, str]:
        """Return name and version of what is measured."""
        ...

    def command(self, role: str) -> list[str]:
        """Return the command of a client process; `role` is write, follow or replay."""
        ...

    async def prepare(self, servers: Servers) -> None:
        """Install the store once; raises Unavailable."""
        ...

    def fresh(self, servers: Servers) -> AbstractAsyncContextManager[Place]:
        """Open an empty store of its own for one run."""
        ...

    async def stored(self, address: Address) -> list[Delivered]:
        """Return everything that stands in the store, read past its own feed."""
        ...

    async def fill(self, address: Address, events: int) -> None:
        """Put many events into an empty store by the quickest correct way."""
        ...
