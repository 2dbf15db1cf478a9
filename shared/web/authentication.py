"""Who may call a route: every route under /<service>/v1 declares it, and the route itself enforces it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import Depends
from starlette.requests import Request

from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.authz.tokens import InvalidToken
from shared.web.problems import Problem
from shared.web.resources import resources

SCHEME = "AccessToken"
"""The name of the security scheme in the OpenAPI documents."""
Parameter = Mapping[str, Any]
"""An OpenAPI parameter object."""


async def _admitted(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


class Guard:
    """Admits callers with a valid token and, unless `roles` is None, one of these roles.

    `GuardedRoute` finds the guard among its dependencies and asks it before the body is read; as a dependency it then
    hands over what `reads` makes of the request: the caller, or with `commands` a whole command. What `reads` looks at
    by hand are the operation's `parameters`.
    """

    def __init__(
        self,
        roles: frozenset[Role] | None,
        reads: Callable[[Request], Awaitable[Any]] = _admitted,
        parameters: Sequence[Parameter] = (),
        *,
        commands: bool = False,
    ) -> None:
        self.roles = roles
        self.commands = commands
        self.parameters = parameters
        self._reads = reads

    def admit(self, request: Request) -> Caller:
        """Return the caller; raises Problem `token-missing`, `token-invalid`, `token-expired`, `role-not-permitted`."""
        caller = _caller(request)
        if self.roles is not None and not self.roles & caller.roles:
            raise Problem("role-not-permitted")
        return caller

    async def __call__(self, request: Request) -> Any:
        """Return what a route that has admitted its caller is given."""
        return await self._reads(request)


def permitted(*roles: Role) -> Any:
    """Declare that one of `roles` is needed: `caller: Annotated[Caller, permitted(Role.ARCHIVIST)]`."""
    if not roles:
        raise ValueError("name the roles, or use authenticated()")
    return Depends(Guard(frozenset(roles)))


def authenticated() -> Any:
    """Declare that any caller with a valid token is admitted."""
    return Depends(Guard(None))


def _caller(request: Request) -> Caller:
    values = request.headers.getlist("authorization")
    if not values:
        raise Problem("token-missing", headers={"WWW-Authenticate": 'Bearer realm="rongcuo"'})
    scheme, _, token = values[0].partition(" ")
    try:
        if len(values) > 1 or scheme.lower() != "bearer":
            raise InvalidToken("token-invalid")
        return resources(request).verifier.verify(token.strip())
    except InvalidToken as invalid:
        challenge = 'Bearer realm="rongcuo", error="invalid_token"'
        raise Problem(invalid.code, headers={"WWW-Authenticate": challenge}) from None
