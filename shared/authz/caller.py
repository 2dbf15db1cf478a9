"""Who makes a request, as far as a checked access token tells; it holds no name and no contact of anybody."""

from dataclasses import dataclass
from uuid import UUID

from shared.kernel.metadata import Actor

EVERYWHERE = "000000"
"""The jurisdiction code of a caller who acts in the whole country."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller, known by (issuer, subject).

    `subject` is a pseudonym: the issuer's own, or one that the verifier made. `jurisdictions` are six-digit codes
    (GB/T 2260), `organisation` is the id of the caller's unit, `party` his registration if he is one.
    """

    issuer: str
    subject: str
    roles: frozenset[str]
    organisation: str | None
    jurisdictions: tuple[str, ...]
    party: UUID | None

    def actor(self) -> Actor:
        """Return who acts, for the metadata of events; a party acts for itself, anybody else for his unit."""
        on_behalf_of = self.organisation if self.party is None else str(self.party)
        return Actor(issuer=self.issuer, id=self.subject, roles=tuple(sorted(self.roles)), on_behalf_of=on_behalf_of)

    def within(self, jurisdiction: str) -> bool:
        """Tell whether the caller acts in `jurisdiction`: its code is among his, or he acts everywhere."""
        return jurisdiction in self.jurisdictions or EVERYWHERE in self.jurisdictions
