"""Discloses one sealed text with what proves it: anybody can check it against the log, and learns no other text.

The recipe is in docs/sealed-fields.md; docs/audit/check_disclosure.py follows it with nothing but Python.
"""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel

from shared.authz.access import Access
from shared.authz.data_classes import DataClass
from shared.authz.protection import Protection
from shared.kernel.events import Event
from shared.kernel.recorded import Recorded
from shared.kernel.representation import represent
from shared.kernel.sealed import Sealed
from shared.keyring.envelope import text_of
from shared.web.desk import CommandDesk
from shared.web.details import belonging
from shared.web.problems import Problem
from shared.web.sealing import Edge

StreamVersion = Annotated[int, Path(ge=1, le=2**31 - 1, description="Version of the event that holds the text.")]


class Disclosure(BaseModel):
    """一项密封内容的披露: `digest` is the hash (`suite` says which) of the bytes of `salt` and then of `text`.

    The event with `event_hash` holds, at `field` of its payload, an envelope with this digest, label and key.
    """

    log: str
    stream: str
    version: int
    event_id: UUID
    type: str
    event_hash: str
    field: str
    suite: str
    key: UUID
    subject: UUID
    matter: UUID
    label: str
    text: str
    salt: str
    digest: str


async def disclose(
    desk: CommandDesk[Any], edge: Edge, access: Access, aggregate_id: UUID, version: int, field: str
) -> Disclosure:
    """Return the text that the event `version` of an aggregate has in `field`, with its salt.

    Raises Problem `not-found` unless the caller may read this text, `subject-erased` and `text-unavailable` when nobody
    can, SealBroken for a text that does not belong there.
    """
    events, facts = await desk.recall(access, aggregate_id)
    stored = await desk.store.log.read_stream(desk.decider.stream(aggregate_id), after=version - 1, limit=1)
    if not stored or not access.opens():
        raise Problem("not-found")
    data, sealed = _class(desk, stored[0], field), _envelope(stored[0], field)
    if data is None or sealed is None or not access.judge(facts, data).permitted:
        raise Problem("not-found")
    salt, text = await edge.disclose(sealed, access, belonging(desk, aggregate_id, represent(events)), field)
    return Disclosure(
        **stored[0]._asdict() | sealed.model_dump(include={"suite", "key", "subject", "matter", "label", "digest"}),
        event_hash=stored[0].hash,
        field=field,
        text=text,
        salt=text_of(salt),
    )


def _class(desk: CommandDesk[Any], stored: Recorded, field: str) -> DataClass | None:
    """Return the class of a member of an event: that of the member of the answer to which it goes."""
    known: type[Event] | None = desk.decider.codec.types.get(stored.type)
    protection: Protection[Any] = desk.protection
    if known is None:
        return None
    return protection.classes.get(field if field in known.sets else known.appends_to or "")


def _envelope(stored: Recorded, field: str) -> Sealed[str] | None:
    member = json.loads(stored.payload).get(field)
    if not isinstance(member, dict) or member.keys() != set(Sealed.model_fields):
        return None
    return Sealed[str].model_validate(member)
