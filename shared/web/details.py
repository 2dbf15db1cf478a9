"""The answer to a read of one resource: the published fold of its stream, opened as far as the caller may read it."""

from collections.abc import Collection
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.authz.caller import Caller
from shared.kernel.representation import Document, represent
from shared.kernel.sealed import Sealed
from shared.web.desk import CommandDesk
from shared.web.reads import DetailRead
from shared.web.sealing import Edge


class Erased(BaseModel):
    """A text whose key has been destroyed."""

    erased: Literal[True]


Text = str | Sealed[str] | Erased
"""A sealed member of an answer: its text, its envelope for auditors, or the word that it was erased."""


class View(BaseModel):
    """The base of every resource's answer: `state` and `version` follow from the events, as everything else does."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    href: str
    state: str
    version: int


async def detail(
    desk: CommandDesk[Any],
    edge: Edge,
    caller: Caller,
    aggregate_id: UUID,
    read: DetailRead,
    members: Collection[str] | None = None,
) -> Document:
    """Return the resource at the moment asked for; raises Problem `not-found`, and NotModified.

    `members` names what this caller is shown beside id, href, state and version; None: everything.
    """
    events = await desk.recall(caller, aggregate_id, read.moment)
    read.answered(len(events))
    shown = represent(events)
    if members is not None:
        shown = {name: value for name, value in shown.items() if name in {"state", "version", *members}}
    document = {"id": str(aggregate_id), "href": desk.location(aggregate_id), **shown}
    return await edge.show(document, caller)
