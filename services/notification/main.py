"""The HTTP application of notification 送达."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.notification.api import notice as api
from services.notification.application.notice import PROTECTION, Notices
from services.notification.application.service import Notification
from services.notification.application.templates import templates
from services.notification.domain import AGGREGATES
from services.notification.domain.notice.decisions import DECIDER
from services.notification.projections import inbox
from shared.hosting.installation import VERSION, Installation
from shared.hosting.opened import OPERATIONS, open_service
from shared.web.app import Service
from shared.web.openapi.words import words
from shared.web.resources import Resources

NAME = "notification"


def service(installation: Installation) -> Service:
    """Describe the service for `shared.web.app.create_app`."""

    @asynccontextmanager
    async def resources() -> AsyncIterator[Resources]:
        async with open_service(installation, NAME) as opened:
            desk = opened.desk(DECIDER, PROTECTION, "notices", "read_notice_history")
            notices = Notices(desk, opened.edge, installation.rulebook, installation.clock)
            yield opened.resources(Notification(notices, opened.engine, opened.freshness(inbox.MODEL)))

    return Service(
        name=NAME,
        title="送达 Notification",
        version=VERSION,
        routers=[api.routes],
        aggregates=[*AGGREGATES.values(), *OPERATIONS],
        resources=resources,
        description="当事人收件箱：通知与签收。",
        words=words("services.notification.api"),
        codes=dict.fromkeys(("notice.template", "inbox.template"), templates()),
    )
