"""What the routes of intake are given."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.application.drafts import Drafts
from services.intake.application.party import Parties
from services.intake.application.report import Reports
from services.intake.application.standing import Standings
from services.intake.application.submission import Submissions
from services.intake.application.unmasking import Unmaskings
from shared.rules.pack import Rulebook
from shared.web.reads import Freshness


@dataclass(frozen=True)
class Intake:
    """The use cases and read models of the running service."""

    parties: Parties
    drafts: Drafts
    submissions: Submissions
    reports: Reports
    unmaskings: Unmaskings
    standings: Standings
    engine: AsyncEngine
    freshness: Freshness
    rules: Rulebook
