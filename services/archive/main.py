"""The HTTP application of archive 归档."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.archive.adapters import sequence
from services.archive.adapters.links import CollectedLinks
from services.archive.api import dossier as dossier_api
from services.archive.api import erasure as erasure_api
from services.archive.api import legal_hold as legal_hold_api
from services.archive.api import sequence as sequence_api
from services.archive.application.dossier import PROTECTION, Dossiers
from services.archive.application.erasure import PROTECTION as ERASURE_PROTECTION
from services.archive.application.erasure import Erasures, Gate
from services.archive.application.legal_hold import PROTECTION as HOLD_PROTECTION
from services.archive.application.legal_hold import LegalHolds
from services.archive.application.service import Archive
from services.archive.domain import AGGREGATES
from services.archive.domain.dossier import decisions as dossier
from services.archive.domain.erasure import decisions as erasure
from services.archive.domain.legal_hold import decisions as legal_hold
from services.archive.projections import dossier_list, erasure_list
from shared.hosting.installation import VERSION, Installation
from shared.hosting.opened import OPERATIONS, open_service
from shared.kernel.recorded import Recorded
from shared.web.app import Service
from shared.web.openapi.words import words
from shared.web.resources import Resources

NAME = "archive"


def service(installation: Installation) -> Service:
    """Describe the service for `shared.web.app.create_app`."""

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with open_service(installation, NAME) as opened:

            async def sequenced(start: int, limit: int) -> Sequence[tuple[int, Recorded]]:
                return await sequence.sequenced(opened.store.log.pool, start, limit)

            async def length() -> int:
                return await sequence.length(opened.store.log.pool)

            clock, edge = installation.clock, opened.edge
            gate = Gate(opened.store, dossier.DECIDER, legal_hold.DECIDER, CollectedLinks(opened.store.log.pool), clock)
            archive = Archive(
                Dossiers(
                    opened.desk(dossier.DECIDER, PROTECTION, "dossiers", "read_dossier_history"),
                    edge,
                    installation.rulebook,
                    clock,
                ),
                Erasures(
                    opened.desk(erasure.DECIDER, ERASURE_PROTECTION, "erasures", "read_erasure_history"), gate, edge
                ),
                LegalHolds(
                    opened.desk(legal_hold.DECIDER, HOLD_PROTECTION, "legal-holds", "read_legal_hold_history"),
                    gate,
                    edge,
                ),
                sequenced,
                length,
                opened.engine,
                opened.freshness(dossier_list.MODEL, erasure_list.MODEL),
            )
            yield opened.resources(archive)

    return Service(
        name=NAME,
        title="归档 Archive",
        version=VERSION,
        routers=[dossier_api.routes, erasure_api.routes, legal_hold_api.routes, sequence_api.routes],
        aggregates=[*AGGREGATES.values(), *OPERATIONS],
        resources=resources,
        description="案件卷宗；期满清除与保全；四个日志的统一顺序。",
        words=words("services.archive.api"),
    )
