"""Who sees an aggregate: officers those of their jurisdictions, parties what is their own, everybody else nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from shared.authz.caller import EVERYWHERE, Caller
from shared.authz.roles import Role

PARTIES = frozenset({Role.SUBJECT, Role.APPLICANT_PERSON, Role.APPLICANT_UNIT})
CLOSED_FOR = frozenset({Role.EXTERNAL_AUDITOR, Role.AUDITOR, Role.SYSADMIN, Role.SECADMIN})
"""Roles that never read a text: they check bytes or run the system. No other role beside them opens anything."""


@dataclass(frozen=True)
class Scope:
    """What a caller's lists are cut to: `jurisdictions` None means all, `party` that party's own only."""

    jurisdictions: tuple[str, ...] | None
    party: UUID | None


@dataclass(frozen=True)
class Sight:
    """The roles that see one kind of aggregate. A role that is in neither set sees none, whatever else it may do."""

    officers: frozenset[Role]
    parties: frozenset[Role] = frozenset()

    @property
    def readers(self) -> tuple[Role, ...]:
        """Every role that sees some of them, for `permitted`."""
        return tuple(sorted(self.officers | self.parties))

    def is_officer(self, caller: Caller) -> bool:
        """Tell whether the caller sees more than what is his own."""
        return bool(caller.roles & self.officers)

    def sees(self, caller: Caller, jurisdiction: str, own: Collection[UUID | None] = ()) -> bool:
        """Tell whether the caller sees an aggregate of `jurisdiction` that is `own` to these parties."""
        if not caller.within(jurisdiction):
            return False
        mine = caller.party is not None and caller.party in own and bool(caller.roles & self.parties)
        return mine or self.is_officer(caller)

    def scope(self, caller: Caller) -> Scope:
        """Return what the caller's lists are cut to; a party without a registration has an empty list."""
        everywhere = EVERYWHERE in caller.jurisdictions
        return Scope(
            jurisdictions=None if everywhere else caller.jurisdictions,
            party=None if self.is_officer(caller) else caller.party or UUID(int=0),
        )
