"""The edge at which text is sealed on its way in and opened on its way out, for whoever may read it."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, overload
from uuid import UUID

from shared.authz.access import Access
from shared.kernel.representation import Document
from shared.kernel.sealed import Sealed
from shared.keyring.envelope import SealBroken
from shared.keyring.keyring import KeyLost, Keyring
from shared.web.problems import Problem

ERASED = {"erased": True}
"""Shown in place of a text whose key has been destroyed."""
UNAVAILABLE = {"unavailable": True}
"""Shown in place of a text whose key nobody has: the keyring was restored from a backup older than the log."""
_ENVELOPE = frozenset(Sealed.model_fields)
_IDENTITY = "identity"
_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)

logger = logging.getLogger(__name__)


@contextmanager
def rehearsal(dry_run: bool) -> Iterator[None]:
    """With `dry_run`, let what is sealed inside leave no data key behind."""
    token = _rehearsing.set(dry_run)
    try:
        yield
    finally:
        _rehearsing.reset(token)


@dataclass(frozen=True)
class Belonging:
    """What the texts of one thing were sealed as; an envelope says itself what it is, and may lie anywhere.

    `aggregate` begins their labels (`<aggregate>.<member>`), `subject` is whom they are about (None: anybody in the
    matter). Who made a report is a subject of his own there, with labels of his own.
    """

    aggregate: str
    subject: UUID | None
    matter: UUID

    def check(self, sealed: Sealed[str], member: str) -> None:
        """Raise SealBroken unless `sealed` was made to stand in `member` of this thing."""
        subject = sealed.subject if self.subject is None else self.subject
        if (sealed.label, sealed.subject, sealed.matter) != (f"{self.aggregate}.{member}", subject, self.matter):
            raise SealBroken(f"key {sealed.key} in {self.aggregate}.{member}")

    def inside(self, member: str) -> "Belonging":
        """Return what the texts within `member` belong to."""
        return identity_of(None, self.matter) if member == _IDENTITY else self


def identity_of(reporter: UUID | None, matter: UUID) -> Belonging:
    """Return what the identity of who made a report was sealed as."""
    return Belonging("reporter", reporter, matter)


@dataclass(frozen=True)
class Edge:
    """Seals for one (subject, matter) at a time and opens documents."""

    keyring: Keyring

    async def begin(self, subject: UUID, matter: UUID) -> None:
        """Make ready for the first text of a subject in a matter, quicker than `seal` alone would."""
        if not _rehearsing.get():
            await self.keyring.begin(subject=subject, matter=matter)

    @overload
    async def seal(self, text: str, subject: UUID, matter: UUID, label: str) -> Sealed[str]: ...
    @overload
    async def seal(self, text: str | None, subject: UUID, matter: UUID, label: str) -> Sealed[str] | None: ...
    async def seal(self, text: str | None, subject: UUID, matter: UUID, label: str) -> Sealed[str] | None:
        """Return the envelope of `text` (None stays None); `label` is `<aggregate>.<field>`."""
        if text is None:
            return None
        seal = self.keyring.rehearse if _rehearsing.get() else self.keyring.seal
        return await seal(text, subject=subject, matter=matter, label=label)

    async def show(self, document: Document, access: Access, belonging: Belonging) -> Document:
        """Return `document` as the caller may read it: texts, or the envelopes for who reads none.

        Raises SealBroken for an envelope that was not made to stand where it stands.
        """
        if not access.opens():
            return document

        async def opened(envelope: Document, member: str, where: Belonging) -> Any:
            sealed = Sealed[str].model_validate(envelope)
            where.check(sealed, member)
            access.trail.opened.add(sealed.label)
            return await self._open(sealed)

        shown: Document = await _replace(document, opened, "", belonging)
        return shown

    async def disclose(
        self, sealed: Sealed[str], access: Access, belonging: Belonging, member: str
    ) -> tuple[bytes, str]:
        """Return salt and text; raises Problem `subject-erased` or `text-unavailable` when nobody can open it.

        Raises SealBroken as `show` does.
        """
        belonging.check(sealed, member)
        try:
            opening = await self.keyring.open_salted(sealed)
        except KeyLost as lost:
            logger.error("a text cannot be disclosed, its key is not in the keyring: %s", lost)
            raise Problem("text-unavailable") from None
        if opening is None:
            raise Problem("subject-erased")
        access.trail.opened.add(sealed.label)
        return opening.salt, opening.text

    async def _open(self, sealed: Sealed[str]) -> Any:
        try:
            text = await self.keyring.open_sealed(sealed)
        except KeyLost as lost:
            logger.error("a text cannot be shown, its key is not in the keyring: %s", lost)
            return UNAVAILABLE
        return ERASED if text is None else text


async def _replace(
    value: Any, opened: Callable[[Document, str, Belonging], Awaitable[Any]], member: str, where: Belonging
) -> Any:
    """Replace every envelope; `member` is the name under which `value` stands, also in a list."""
    if isinstance(value, dict):
        if value.keys() == _ENVELOPE:
            return await opened(value, member, where)
        inside = where.inside(member)
        return {name: await _replace(within, opened, name, inside) for name, within in value.items()}
    if isinstance(value, list):
        return [await _replace(within, opened, member, where) for within in value]
    return value
