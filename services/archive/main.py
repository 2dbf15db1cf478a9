"""The HTTP application of archive 归档."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.archive.adapters import sequence
from services.archive.api import dossier as dossier_api
from services.archive.api import sequence as sequence_api
from services.archive.application.dossier import PROTECTION, Dossiers
from services.archive.application.service import Archive
from services.archive.domain import AGGREGATES
from services.archive.domain.dossier.decisions import DECIDER
from services.archive.projections import dossier_list
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

            desk = opened.desk(DECIDER, PROTECTION, "dossiers")
            dossiers = Dossiers(desk, opened.edge, installation.rulebook, installation.clock)
            freshness = opened.freshness(dossier_list.MODEL)
            yield opened.resources(Archive(dossiers, sequenced, length, opened.engine, freshness))

    return Service(
        name=NAME,
        title="归档 Archive",
        version=VERSION,
        routers=[dossier_api.routes, sequence_api.routes],
        aggregates=[*AGGREGATES.values(), *OPERATIONS],
        resources=resources,
        description="案件卷宗；四个日志的统一顺序。",
        words=words("services.archive.api"),
    )
