"""Who may call a route: every route under /<service>/v1 declares it, and the route itself enforces it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from shared.authz.access import Access
from shared.authz.policy_engine import policies
from shared.web.credentials import identified
from shared.web.problems import Problem
from shared.web.resources import resources

SCHEME = "AccessToken"
"""The name of the security scheme in the OpenAPI documents."""
Parameter = Mapping[str, Any]
"""An OpenAPI parameter object."""
EXPIRED = "token-expired"


async def _admitted(request: Request) -> Access:
    access: Access = request.state.access
    return access


class Guard:
    """Admits callers whose roles may, for some thing at least, do the operation `action`: the policies say which.

    `GuardedRoute` finds the guard among its dependencies, names its action after the route unless it has one, and asks
    it before the body is read; as a dependency it then hands over what `reads` makes of the request: the access, or
    with `commands` a whole command. What `reads` looks at by hand are the operation's `parameters`.
    """

    def __init__(
        self,
        action: str | None,
        reads: Callable[[Request], Awaitable[Any]] = _admitted,
        parameters: Sequence[Parameter] = (),
        *,
        commands: bool = False,
    ) -> None:
        self.action = action
        self.commands = commands
        self.parameters = parameters
        self._reads = reads

    async def identify(self, request: Request, action: str) -> tuple[Access, Problem | None]:
        """Return who asks for what, and why he is refused whatever he asks for (`identified`).

        Raises Problem: what `identified` raises, `rate-limited`, and `header-invalid`.
        """
        rates = resources(request).rates
        try:
            caller, refusal = await identified(request)
        except Problem as refusal:
            if refusal.status_code == 401 and refusal.code != EXPIRED:  # an expired one was genuine, and is told so
                rates.refused(request)
            raise
        rates.spend(request, caller.issuer, caller.subject)
        return Access(caller, action, UUID(request.state.trace_id), _purpose(request)), refusal

    def admit(self, access: Access, refusal: Problem | None) -> None:
        """Raise `refusal`, or Problem `role-not-permitted` unless there can be a thing on which he may do this."""
        if refusal is not None:
            raise refusal
        if not policies().ever(access.caller.roles, access.action):
            raise Problem("role-not-permitted")

    async def __call__(self, request: Request) -> Any:
        """Return what a route that has admitted its caller is given."""
        return await self._reads(request)


def permitted(action: str | None = None) -> Any:
    """Declare a read: `access: Annotated[Access, permitted()]`; the action is the operation's id unless given."""
    return Depends(Guard(action))


def _purpose(request: Request) -> str | None:
    values = request.headers.getlist("rongcuo-purpose")
    if not values:
        return None
    if len(values) > 1 or values[0] not in resources(request).purposes:
        raise Problem("header-invalid")
    return values[0]
