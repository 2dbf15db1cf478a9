"""What the routes of notification are given."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notification.application.notice import Notices
from shared.web.reads import Freshness


@dataclass(frozen=True)
class Notification:
    """The use cases and read models of the running service."""

    notices: Notices
    engine: AsyncEngine
    freshness: Freshness
