"""Desks for everybody who peoples the world; who only asks is in `callers`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import httpx

from rongcuo.demo.client import Desk
from shared.authz.development import DevelopmentIssuer
from shared.database.databases import SERVICES
from tests.access.callers import CITY, CLERK, COUNTY, OFFICE, TEAM

BASE = "http://services.example"


@dataclass(frozen=True)
class Desks:
    """Gives out desks; everybody here acts in county and city alike."""

    http: httpx.AsyncClient
    issuer: DevelopmentIssuer

    def __call__(
        self,
        *roles: str,
        subject: str,
        organisation: str | None = None,
        party: str | None = None,
        jurisdictions: Sequence[str] = (COUNTY, CITY),
    ) -> Desk:
        """Return the desk of `subject`."""
        token = self.issuer.token(
            roles=roles,
            subject=subject,
            organisation=organisation,
            jurisdictions=jurisdictions,
            party=UUID(party) if party else None,
        )
        return Desk(self.http, dict.fromkeys(SERVICES, BASE), token)

    def clerk(self) -> Desk:
        """Return the desk of who takes the cases."""
        return self("handling_office", subject=CLERK, organisation=OFFICE)

    def leader(self) -> Desk:
        """Return the desk of who assigns, grants and orders recusals."""
        return self("dic_leader", subject="leader-01", organisation="331123-dic")

    def inspector(self) -> Desk:
        """Return the desk of who inspects."""
        return self("inspection_team", subject="inspector-05", organisation=TEAM)

    def applicant(self, party: str) -> Desk:
        """Return the desk of who applies."""
        return self("applicant_person", subject="person-applicant", party=party)
