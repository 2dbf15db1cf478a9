"""Who makes a request, as far as a checked credential tells; it holds no name and no contact of anybody."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from shared.authz.roles import PARTIES
from shared.kernel.metadata import Actor

SUBTREE = "*"
"""Behind a jurisdiction's code: that one with everything below it. `000000*` is the whole country."""
SYSTEM = "system:"
"""What the subject of a system begins with, and that of no person."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller, known by (issuer, subject).

    `subject` is a pseudonym: the issuer's own, or one that the verifier made. `jurisdictions` are six-digit codes
    (GB/T 2260), each exactly or, with `*` behind it, with everything below it. `organisation` is the id of the caller's
    unit, `party` his registration if he is one: an officer may be one, too, and stays an officer.
    """

    issuer: str
    subject: str
    roles: frozenset[str]
    organisation: str | None
    jurisdictions: tuple[str, ...]
    party: UUID | None

    def actor(self) -> Actor:
        """Return who acts, for the metadata of events; a party acts for itself, anybody else for his unit."""
        as_party = self.party is not None and self.roles <= PARTIES
        on_behalf_of = str(self.party) if as_party else self.organisation
        return Actor(issuer=self.issuer, id=self.subject, roles=tuple(sorted(self.roles)), on_behalf_of=on_behalf_of)

    @property
    def person(self) -> str:
        """The one name of the caller where the issuer is told, too."""
        return f"{self.issuer}#{self.subject}"

    @property
    def files_for(self) -> str:
        """On whose behalf the caller files: its party, its organisation, else itself, by a name that is neither."""
        return self.actor().on_behalf_of or f"person:{self.person}"

    def within(self, jurisdiction: str) -> bool:
        """Tell whether the caller acts in `jurisdiction`: its code is one of his, or lies below one that he has."""
        return jurisdiction in self.jurisdictions or jurisdiction.startswith(self.areas())

    def is_one_of(self, persons: Collection[str]) -> bool:
        """Tell whether the caller is one of `persons`; capital letters make no other person."""
        return self.subject.casefold() in {person.casefold() for person in persons}

    def handles(self, office: str | None, persons: Collection[str]) -> bool:
        """Tell whether the caller is one of `persons`, or acts for the organisation `office`.

        Here a name counts as it is written: what lets somebody in is exact, what keeps him out is not.
        """
        return self.subject in persons or (office is not None and office == self.organisation)

    def areas(self) -> tuple[str, ...]:
        """Return what the codes of the caller's subtrees begin with: two digits a level, none for the country."""
        return tuple(area(code) for code in self.jurisdictions if code.endswith(SUBTREE))


def area(code: str) -> str:
    """Return what every code of the subtree `code` begins with: `331100*` is `3311`, `330000*` is `33`."""
    digits = code.removesuffix(SUBTREE)
    while digits.endswith("00"):
        digits = digits[:-2]
    return digits
