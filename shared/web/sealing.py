"""The edge at which text is sealed on its way in and opened on its way out, for whoever may read it."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, overload
from uuid import UUID

from shared.authz.access import Access
from shared.kernel.representation import Document
from shared.kernel.sealed import Sealed
from shared.keyring.keyring import KeyLost, Keyring
from shared.web.problems import Problem

ERASED = {"erased": True}
"""Shown in place of a text whose key has been destroyed."""
UNAVAILABLE = {"unavailable": True}
"""Shown in place of a text whose key nobody has: the keyring was restored from a backup older than the log."""
_ENVELOPE = frozenset(Sealed.model_fields)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Edge:
    """Seals for one (subject, matter) at a time and opens documents."""

    keyring: Keyring

    async def begin(self, subject: UUID, matter: UUID) -> None:
        """Make ready for the first text of a subject in a matter, quicker than `seal` alone would."""
        await self.keyring.begin(subject=subject, matter=matter)

    @overload
    async def seal(self, text: str, subject: UUID, matter: UUID, label: str) -> Sealed[str]: ...
    @overload
    async def seal(self, text: str | None, subject: UUID, matter: UUID, label: str) -> Sealed[str] | None: ...
    async def seal(self, text: str | None, subject: UUID, matter: UUID, label: str) -> Sealed[str] | None:
        """Return the envelope of `text` (None stays None); `label` is `<aggregate>.<field>`."""
        if text is None:
            return None
        return await self.keyring.seal(text, subject=subject, matter=matter, label=label)

    async def show(self, document: Document, access: Access) -> Document:
        """Return `document` as the caller may read it: texts, or the envelopes for who reads none."""
        if not access.opens():
            return document

        async def opened(envelope: Document) -> Any:
            sealed = Sealed[str].model_validate(envelope)
            access.trail.opened.add(sealed.label)
            return await self._open(sealed)

        shown: Document = await _replace(document, opened)
        return shown

    async def disclose(self, sealed: Sealed[str], access: Access) -> tuple[bytes, str]:
        """Return salt and text; raises Problem `subject-erased` or `text-unavailable` when nobody can open it."""
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


async def _replace(value: Any, opened: Callable[[Document], Awaitable[Any]]) -> Any:
    if isinstance(value, dict):
        if value.keys() == _ENVELOPE:
            return await opened(value)
        return {name: await _replace(member, opened) for name, member in value.items()}
    if isinstance(value, list):
        return [await _replace(member, opened) for member in value]
    return value
