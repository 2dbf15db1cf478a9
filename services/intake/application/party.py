"""Use cases of a party 当事人: seal who it is, enter it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.application import requests
from services.intake.domain.party.commands import RegisterParty
from services.intake.domain.party.decisions import Party
from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.protection import Protection
from shared.authz.roles import Role
from shared.kernel.clock import Clock
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.problems import Problem
from shared.web.sealing import Edge

OFFICERS = frozenset({Role.INSPECTION_TEAM, Role.HANDLING_OFFICE})
CLASSES = {
    "kind": DataClass.RECORD,
    "jurisdiction": DataClass.RECORD,
    "name": DataClass.IDENTITY,
    "contact": DataClass.IDENTITY,
}


def relate(caller: Caller, party: Party, _: datetime) -> Facts:
    """Say how the caller stands to a registration: where it is, and whether it is his own."""
    registered = party.registered
    if registered is None:
        return Facts()
    return _facts(caller, registered.jurisdiction, registered.party_id)


def _facts(caller: Caller, jurisdiction: str, party_id: UUID) -> Facts:
    return Facts(within=caller.within(jurisdiction), concerned=caller.party == party_id)


PROTECTION = Protection(relate, CLASSES)


@dataclass(frozen=True)
class Parties:
    """Entering people and units."""

    desk: CommandDesk[Party]
    edge: Edge
    rules: Rulebook
    clock: Clock

    async def register(self, call: Call, body: requests.PartyRegistration) -> CommandAnswer:
        """登记当事人: an identity is sealed as a matter of its own; raises Problem."""
        if not call.caller.within(body.jurisdiction):
            raise Problem("jurisdiction-not-permitted")
        if not call.caller.roles & OFFICERS and call.caller.party != body.party_id:
            raise Problem("party-not-yourself")

        async def command(_: Party) -> RegisterParty:
            party = body.party_id
            await self.edge.begin(party, party)
            name = await self.edge.seal(body.name, party, party, "party.name")
            contact = await self.edge.seal(body.contact, party, party, "party.contact")
            return RegisterParty(party, body.kind, body.jurisdiction, name, contact, self.clock())

        def creates(made: RegisterParty) -> Facts:
            return _facts(call.caller, made.jurisdiction, made.party_id)

        return await self.desk.execute(call, body.party_id, command, rules=lambda _: self.rules, creates=creates)
