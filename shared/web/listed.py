"""Declares a list and its delta sync together: what is listed can be synchronised, by the same function of the service.

The function is called with a PageRead for the list and with a ChangesRead for its changes; `shared.web.listing.rows`
and `read.page` do the rest. Whoever may list may synchronise: both are one operation to the policies.
"""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from fastapi import APIRouter
from fastapi.params import Depends

from shared.web.authentication import Guard, permitted
from shared.web.changes import Changes, Synced
from shared.web.pages import Paged

F = TypeVar("F", bound=Callable[..., Any])
CHANGES = "/changes"


def listed(routes: APIRouter, path: str, *, summary: str) -> Callable[[F], F]:
    """Declare `GET path` and `GET path/changes`; the function takes `read: Paged` and returns a `Page[<row>]`.

    It stands before the routes of single things, whose paths would match, too. Raises TypeError for another function.
    """

    def declare(endpoint: F) -> F:
        routes.get(path, summary=summary)(endpoint)
        synced, row = _synced(endpoint)
        routes.get(
            f"{path}{CHANGES}",
            name=f"{endpoint.__name__}_changes",
            summary=f"{summary}：增量同步",
            description="Return what has changed in the caller's list since a token, and what has left it.",
            response_model=Changes[row],  # type: ignore[valid-type]
        )(synced)
        return endpoint

    return declare


def _synced(endpoint: Callable[..., Any]) -> tuple[Callable[..., Any], Any]:
    """Return the function as the route of changes needs it, and the model of a row."""
    hints = get_type_hints(endpoint, include_extras=True)
    page = hints.pop("return")
    if Paged not in hints.values():
        raise TypeError(f"{endpoint.__name__} takes no page")
    (row,) = page.__pydantic_generic_metadata__["args"]

    async def synced(**values: Any) -> Any:
        return await endpoint(**values)

    parameters = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=_changed(hints[name], endpoint.__name__))
        for name, parameter in signature(endpoint).parameters.items()
    ]
    synced.__signature__ = signature(endpoint).replace(  # type: ignore[attr-defined]
        parameters=parameters,
        return_annotation=Changes[row],  # type: ignore[valid-type]
    )
    return synced, row


def _changed(hint: Any, action: str) -> Any:
    """Return the annotation of a parameter in the route of changes."""
    if hint == Paged:
        return Synced
    guards = [mark.dependency for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Depends)]
    named = next((guard.action or action for guard in guards if isinstance(guard, Guard)), None)
    return hint if named is None else Annotated[get_args(hint)[0], permitted(named)]
