"""What the routes of archive are given."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.application.dossier import Dossiers
from services.archive.application.erasure import Erasures
from services.archive.application.legal_hold import LegalHolds
from shared.kernel.recorded import Recorded
from shared.web.reads import Freshness

Sequenced = Callable[[int, int], Awaitable[Sequence[tuple[int, Recorded]]]]
"""`sequenced(start, limit)` returns events of all logs with their index in the common order, from `start` on."""
Length = Callable[[], Awaitable[int]]
"""How many events stand in the common order."""


@dataclass(frozen=True)
class Archive:
    """The use cases and read models of the running service."""

    dossiers: Dossiers
    erasures: Erasures
    legal_holds: LegalHolds
    sequenced: Sequenced
    length: Length
    engine: AsyncEngine
    freshness: Freshness
