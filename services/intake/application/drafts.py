"""Drafts 草稿: private to their writer, mutable, deletable, sealed like everything else; a draft is not an event."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.intake.application import requests
from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.facts import Facts
from shared.authz.roles import Role
from shared.kernel.clock import Clock
from shared.kernel.errors import Rejected
from shared.kernel.ids import NewId
from shared.kernel.representation import Document
from shared.kernel.sealed import Sealed
from shared.web.problems import Problem, Wrong
from shared.web.reads import etag
from shared.web.sealing import Belonging, Edge

SEALED = ("found_by", "statement", "other_situation")
_ATTEMPTS = 5
_FIRST_VERSIONS = 2**30
"""From these the first version is drawn: no draft that is written anew has the versions of one that was deleted."""


class DraftContent(BaseModel):
    """What a draft says; its texts are sealed for the cadre concerned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["finding", "application"]
    jurisdiction: str
    applicant_kind: Literal["person", "unit"] | None
    applicant: UUID | None
    found_by: Sealed[str] | None
    found_on: date | None
    concerned: UUID
    situations: tuple[str, ...]
    act_on: date
    statement: Sealed[str]
    other_situation: Sealed[str] | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft in one of its versions; `matter` is minted with the first and goes over to the submission."""

    id: UUID
    owner: str
    matter: UUID
    version: int
    content: DraftContent

    async def shown(self, edge: Edge, access: Access) -> Document:
        """Return what it says, in clear for its writer; raises SealBroken for a text that does not belong to it."""
        belonging = Belonging("submission", self.content.concerned, self.matter)
        return await edge.show(self.content.model_dump(mode="json"), access, belonging)

    def expect(self, version: int | None) -> None:
        """Raise Problem `etag-stale` when this is not the version that the caller has read, if he says one."""
        if version is not None and version != self.version:
            raise _stale(self.version)


class DraftShelf(Protocol):
    """Where drafts are kept."""

    async def find(self, draft_id: UUID, owner: str) -> Draft | None:
        """Return the owner's draft; raises SealBroken when it is not what was put."""
        ...

    async def put(self, draft: Draft, at: datetime, *, new: bool) -> bool:
        """Keep a `new` draft under its id, or `draft` in place of the version before it; False when that is not so."""
        ...

    async def remove(self, draft_id: UUID, owner: str, version: int | None = None) -> bool:
        """Forget the draft, with `version` only in that version; False when there is none."""
        ...

    async def owned(self, caller: Caller, after: UUID | None, limit: int) -> Sequence[Draft]:
        """Return up to `limit` of the caller's drafts in his jurisdictions, by id; raises SealBroken as `find` does."""
        ...


class Submitted(Protocol):
    """Tells for whom (`Caller.files_for`) the submission with this id was submitted; None when there is none."""

    async def __call__(self, submission_id: UUID) -> str | None: ...


@dataclass(frozen=True)
class Drafts:
    """What a writer does with drafts of his own."""

    shelf: DraftShelf
    edge: Edge
    submitted: Submitted
    clock: Clock
    new_id: NewId

    async def put(self, access: Access, draft_id: UUID, body: requests.Draft, if_match: int | None) -> Draft:
        """Write the draft, new or anew; the same again over the same version is done already.

        Raises Problem `etag-stale` when `if_match` is not its version, Rejected `draft-already-submitted`, and
        `draft-id-taken` alike for somebody else's draft and submission.
        """
        caller = access.caller
        may_write(caller, body)
        author = await self.submitted(draft_id)
        if author is not None and author == caller.files_for:
            raise Rejected("draft-already-submitted", "该草稿已经提交，不能再修改。")
        if author is not None:
            raise _taken()
        for _ in range(_ATTEMPTS):
            standing = await self.shelf.find(draft_id, owner_of(caller))
            if standing is None and if_match is not None:
                raise _stale(0)
            if standing is not None:
                if standing.version - 1 == if_match and await self._says(standing, body, access):
                    return standing
                standing.expect(if_match)
            draft = await self._next(caller, draft_id, body, standing)
            if await self.shelf.put(draft, self.clock(), new=standing is None):
                return draft
        raise _taken()

    async def _next(self, caller: Caller, draft_id: UUID, body: requests.Draft, standing: Draft | None) -> Draft:
        """Return the version that follows the standing one; a repetition that runs at the same time may be faster."""
        matter = standing.matter if standing else self.new_id()
        version = standing.version + 1 if standing else 1 + secrets.randbelow(_FIRST_VERSIONS)
        return Draft(draft_id, owner_of(caller), matter, version, await self._sealed(body, matter))

    async def _says(self, standing: Draft, body: requests.Draft, access: Access) -> bool:
        return await standing.shown(self.edge, access) == body.model_dump(mode="json")

    async def read(self, access: Access, draft_id: UUID) -> Draft:
        """Return the caller's draft; raises Problem `not-found`."""
        draft = await self.shelf.find(draft_id, owner_of(access.caller))
        if draft is None or not _permitted(access, draft.content.jurisdiction):
            raise Problem("not-found")
        return draft

    async def mine(self, access: Access, after: UUID | None, limit: int) -> Sequence[Draft]:
        """Return up to `limit` of the caller's drafts by id."""
        return await self.shelf.owned(access.caller, after, limit)

    async def remove(self, access: Access, draft_id: UUID, if_match: int | None) -> None:
        """Forget the caller's draft; raises Problem `not-found`, and `etag-stale` as `put` does."""
        draft = await self.read(access, draft_id)
        draft.expect(if_match)
        if not await self.shelf.remove(draft_id, draft.owner, if_match):
            (await self.read(access, draft_id)).expect(if_match)
            raise Problem("not-found")

    async def _sealed(self, body: requests.Draft, matter: UUID) -> DraftContent:
        async def sealed(field: str) -> Sealed[str] | None:
            text: str | None = getattr(body, field)
            return await self.edge.seal(text, body.concerned, matter, f"submission.{field}")

        clear = body.model_dump(exclude=set(SEALED))
        return DraftContent.model_validate(clear | {field: await sealed(field) for field in SEALED})


def _stale(version: int) -> Problem:
    return Problem("etag-stale", headers={"ETag": etag(version)}, current_version=version)


def _taken() -> Rejected:
    return Rejected("draft-id-taken", "该编号已被使用，或草稿刚被修改，请重新读取。")


def _permitted(access: Access, jurisdiction: str) -> bool:
    """The shelf gives out the caller's own drafts only; where he acts may have changed since."""
    return access.judge(Facts(within=access.caller.within(jurisdiction), author=True)).permitted


def owner_of(caller: Caller) -> str:
    """Return under whom a draft is kept: the caller's pseudonym."""
    return f"{caller.issuer}|{caller.subject}"


def may_write(caller: Caller, body: "requests.Draft | DraftContent") -> None:
    """Refuse what the caller's role or jurisdiction does not cover; raises Problem."""
    if not caller.within(body.jurisdiction):
        raise Problem("jurisdiction-not-permitted")
    finds = Role.INSPECTION_TEAM in caller.roles
    applies = bool(caller.roles & {Role.APPLICANT_PERSON, Role.APPLICANT_UNIT}) and caller.party is not None
    if not (finds if body.kind == "finding" else applies):
        raise Problem("kind-not-permitted")
    if body.kind == "application" and body.applicant != caller.party:
        zh, en = "申请人应当是您本人（令牌中的当事人）。", "The applicant has to be yourself, the party of your token."
        raise Problem("kind-not-permitted", errors=[Wrong("/applicant", "kind-not-permitted", zh, en)])
