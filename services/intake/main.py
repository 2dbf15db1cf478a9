"""The HTTP application of intake 受理."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

from services.intake.adapters.draft_table import DraftTable
from services.intake.api import drafts as drafts_api
from services.intake.api import party as party_api
from services.intake.api import report as report_api
from services.intake.api import rules as rules_api
from services.intake.api import standing as standing_api
from services.intake.api import submission as submission_api
from services.intake.api import unmasking as unmasking_api
from services.intake.application import party, report, standing, submission, unmasking
from services.intake.application.drafts import Drafts
from services.intake.application.service import Intake
from services.intake.domain import AGGREGATES
from services.intake.domain.party.decisions import DECIDER as PARTY
from services.intake.domain.report.decisions import DECIDER as REPORT
from services.intake.domain.standing.decisions import DECIDER as STANDING
from services.intake.domain.submission.decisions import DECIDER as SUBMISSION
from services.intake.domain.unmasking.decisions import DECIDER as UNMASKING
from services.intake.projections import report_list, submission_list, unmasking_list, withdrawal_list
from shared.authz.caller import Caller
from shared.authz.signed_requests import SYSTEMS
from shared.hosting.installation import VERSION, Installation
from shared.hosting.opened import OPERATIONS, Opened, open_service
from shared.kernel.ids import new_id
from shared.rules.recusal import GROUNDS
from shared.web.app import Service
from shared.web.openapi.words import words
from shared.web.resources import Resources, derived_key

NAME = "intake"


def service(installation: Installation) -> Service:
    """Describe the service for `shared.web.app.create_app`."""

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with open_service(installation, NAME) as opened:
            yield opened.resources(_intake(opened))

    return Service(
        name=NAME,
        title="受理 Intake",
        version=VERSION,
        routers=[
            party_api.routes,
            drafts_api.routes,
            submission_api.routes,
            report_api.routes,
            unmasking_api.routes,
            rules_api.routes,
            standing_api.routes,
        ],
        aggregates=[*AGGREGATES.values(), *OPERATIONS],
        resources=resources,
        description="当事人登记；发现事项和容错申请的起草、提交、补正、受理、撤回；检举控告的接收和转交，身份查阅。",
        words=words("services.intake.api"),
        codes={"recusal.ground": GROUNDS},
    )


def _intake(opened: Opened) -> Intake:
    rules, clock = opened.installation.rulebook, opened.installation.clock
    shelf = DraftTable(opened.engine, derived_key(opened.installation.secret, "draft"))

    async def submitted(submission_id: UUID) -> str | None:
        first = (await opened.store.load(SUBMISSION, submission_id)).state.submitted
        return None if first is None else first.author

    async def kind_of(caller: Caller, party_id: UUID) -> Literal["person", "unit"] | None:
        registered = (await opened.store.load(PARTY, party_id)).state.registered
        seen = registered and (caller.within(registered.jurisdiction) or caller.party == party_id)
        return registered.kind if registered and seen else None

    asked = opened.desk(UNMASKING, unmasking.PROTECTION, "unmaskings", "read_unmasking_history")
    reports = opened.desk(REPORT, report.PROTECTION, "reports", "read_report_history")
    return Intake(
        parties=party.Parties(
            opened.desk(PARTY, party.PROTECTION, "parties", "read_party_history"), opened.edge, rules, clock
        ),
        drafts=Drafts(shelf, opened.edge, submitted, clock, new_id),
        submissions=submission.Submissions(
            opened.desk(SUBMISSION, submission.PROTECTION, "submissions", "read_submission_history"),
            shelf,
            opened.edge,
            rules,
            clock,
            new_id,
            submitted,
            kind_of,
        ),
        reports=report.Reports(reports, opened.edge, rules, clock, new_id, kind_of),
        unmaskings=unmasking.Unmaskings(
            unmasking.UnmaskingDesk(**vars(asked)), reports, opened.edge, rules, clock, new_id
        ),
        standings=standing.Standings(
            opened.desk(STANDING, standing.PROTECTION, "withdrawals"),
            opened.edge,
            opened.standing,
            opened.installation.verifier.issuers | {SYSTEMS},
            clock,
        ),
        engine=opened.engine,
        freshness=opened.freshness(
            submission_list.MODEL, withdrawal_list.MODEL, report_list.MODEL, unmasking_list.MODEL
        ),
        rules=rules,
    )
