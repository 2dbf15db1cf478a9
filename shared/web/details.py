"""The answer to a read of one resource: the published fold of its stream, opened as far as the caller may read it."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.authz.access import Access
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.kernel.representation import Document, represent
from shared.kernel.sealed import Sealed
from shared.web.desk import CommandDesk
from shared.web.reads import DetailRead
from shared.web.sealing import Belonging, Edge


class Erased(BaseModel):
    """A text whose key has been destroyed."""

    erased: Literal[True]


class Masked(BaseModel):
    """A text that the caller may know to be there, and no more."""

    masked: Literal[True]


class Unavailable(BaseModel):
    """A text whose key is not in the keyring: an operator has to restore the keyring."""

    unavailable: Literal[True]


Text = str | Sealed[str] | Erased | Masked | Unavailable
"""A sealed member of an answer: its text, its envelope for auditors, or the word that it was erased, is masked or is
unavailable."""
MASKED = {"masked": True}
_ALWAYS = ("state", "version")


class View(BaseModel):
    """The base of every resource's answer: `state` and `version` follow from the events, as everything else does."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    href: str
    state: str
    version: int


async def detail(desk: CommandDesk[Any], edge: Edge, access: Access, aggregate_id: UUID, read: DetailRead) -> Document:
    """Return the resource at the moment asked for, as far as the caller may see it.

    Raises Problem `not-found`, SealBroken for a text that does not belong to it.
    """
    events, facts = await desk.recall(access, aggregate_id, read.moment)
    read.answered(len(events))
    document = represent(events)
    shown = permitted_members(document, access, facts, desk.protection)
    answer = {"id": str(aggregate_id), "href": desk.location(aggregate_id), **shown}
    return await edge.show(answer, access, belonging(desk, aggregate_id, document))


def belonging(desk: CommandDesk[Any], aggregate_id: UUID, document: Document) -> Belonging:
    """Return what the texts of a resource were sealed as, from all that its events say.

    They are about the report that is asked about, else about the cadre concerned, else about the thing itself, which is
    its own matter if it says no other.
    """
    subject = document.get("report_id") or document.get("concerned") or aggregate_id
    return Belonging(desk.decider.category, UUID(str(subject)), UUID(str(document.get("matter") or aggregate_id)))


def permitted_members(document: Document, access: Access, facts: Facts, protection: Protection[Any]) -> Document:
    """Return the members whose class the caller may see; an identity that he may not see may come masked."""
    shown = {name: document[name] for name in _ALWAYS}
    for name, value in document.items():
        data = protection.classes.get(name)
        if data is None:
            continue
        if access.judge(facts, data).permitted:
            shown[name] = value
        elif data is DataClass.IDENTITY and access.judge(facts, DataClass.MASKED_IDENTITY).permitted:
            shown[name] = None if value is None else MASKED
    return shown
