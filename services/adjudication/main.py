"""The HTTP application of adjudication 裁定."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.adjudication.api import tolerance_case as api
from services.adjudication.application.service import Adjudication
from services.adjudication.application.tolerance_case import PROTECTION, ToleranceCases
from services.adjudication.domain import AGGREGATES
from services.adjudication.domain.tolerance_case.decisions import DECIDER
from services.adjudication.domain.tolerance_case.responsibility import GRANTABLE
from services.adjudication.projections import case_list
from shared.contracts.intake import SOURCES
from shared.hosting.installation import VERSION, Installation
from shared.hosting.opened import OPERATIONS, open_service
from shared.rules.recusal import GROUNDS
from shared.web.app import Service
from shared.web.openapi.words import words
from shared.web.resources import Resources

NAME = "adjudication"


def service(installation: Installation) -> Service:
    """Describe the service for `shared.web.app.create_app`."""

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with open_service(installation, NAME) as opened:
            desk = opened.desk(DECIDER, PROTECTION, "tolerance-cases", "read_case_history")
            cases = ToleranceCases(desk, opened.edge, installation.rulebook, installation.clock)
            yield opened.resources(Adjudication(cases, opened.engine, opened.freshness(case_list.MODEL)))

    return Service(
        name=NAME,
        title="裁定 Adjudication",
        version=VERSION,
        routers=[api.routes],
        aggregates=[*AGGREGATES.values(), *OPERATIONS],
        resources=resources,
        description="容错案件：立案、调查核实、申辩、报告、集体认定、反馈。",
        words=words("services.adjudication.api"),
        codes={"grant.role": GRANTABLE, "recusal.ground": GROUNDS, "tolerance_case.source": SOURCES},
    )
