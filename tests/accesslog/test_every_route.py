"""No route shows content without a record."""

from typing import cast

from rongcuo.programs import PROGRAMS
from shared.accesslog.records import told
from shared.authz.policy_engine import policies
from shared.authz.roles import Role
from shared.hosting.installation import Installation
from shared.kernel.ids import new_id
from shared.web.app import Service, guarded_routers
from shared.web.authentication import Guard
from shared.web.routes import GuardedRoute
from tests.accesslog.site import Site

LIKELY = (Role.EXTERNAL_AUDITOR, Role.AUDITOR, Role.DIC_HEAD, *Role)
ENDLESS = "stream_events"
"""Has its own test in test_answers.py."""


async def test_every_read_of_every_service_writes_one_record(site: Site) -> None:
    """Whoever adds a route that shows content without a record is found here, whatever the route is."""
    wrong = []
    reads = [
        (name, route)
        for name, program in PROGRAMS.items()
        for route in _reads(program.describe(cast("Installation", None)))
    ]
    for service, route in reads:
        head, path = await site.head(service), "/".join(map(_filled, route.path.split("/")))
        role = next(role for role in LIKELY if policies().ever(frozenset({role}), _action(route)))
        answer = await site.ask("GET", f"/{service}/v1{path}", site.as_role(role, subject=f"of-{role}"))
        assert answer.status_code in (200, 404), (path, answer.text)
        records = await site.since(head, service)
        if [told(recorded).model_dump().get("action") for recorded in records] != [route.name]:
            wrong.append(f"{service} {route.path}: {[recorded.type for recorded in records]}")
    assert wrong == []
    assert len(reads) >= 20


def _reads(service: Service) -> list[GuardedRoute]:
    """Return the routes that show what not everybody may read."""
    routes = [
        route for router in guarded_routers(service) for route in router.routes if isinstance(route, GuardedRoute)
    ]
    reads = [route for route in routes if "GET" in (route.methods or ()) and route.name != ENDLESS]
    return [route for route in reads if not policies().published(_action(route))]


def _action(route: GuardedRoute) -> str:
    guard = next(part.call for part in route.dependant.dependencies if isinstance(part.call, Guard))
    return guard.action or route.name


def _filled(step: str) -> str:
    return str(new_id()) if step.startswith("{") else step
