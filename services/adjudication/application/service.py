"""What the routes of adjudication are given."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.adjudication.application.tolerance_case import ToleranceCases
from shared.web.reads import Freshness


@dataclass(frozen=True)
class Adjudication:
    """The use cases and read models of the running service."""

    cases: ToleranceCases
    engine: AsyncEngine
    freshness: Freshness
