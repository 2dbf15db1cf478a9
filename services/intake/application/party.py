"""Use cases of a party 当事人: seal who it is, enter it."""

from dataclasses import dataclass

from services.intake.application import requests
from services.intake.domain.party.commands import RegisterParty
from services.intake.domain.party.decisions import Party
from shared.authz.caller import Caller
from shared.authz.roles import Role
from shared.authz.sight import PARTIES, Sight
from shared.kernel.clock import Clock
from shared.rules.pack import Rulebook
from shared.web.commands import Call
from shared.web.desk import CommandAnswer, CommandDesk
from shared.web.problems import Problem
from shared.web.sealing import Edge

OFFICERS = frozenset({Role.INSPECTION_TEAM, Role.HANDLING_OFFICE})
SIGHT = Sight(OFFICERS | {Role.EXTERNAL_AUDITOR}, PARTIES)


def visible(caller: Caller, party: Party) -> bool:
    """Officers see the parties of their jurisdictions, a party itself; auditors see it closed."""
    registered = party.registered
    return registered is not None and SIGHT.sees(caller, registered.jurisdiction, (registered.party_id,))


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

        return await self.desk.execute(call, body.party_id, command, rules=lambda _: self.rules, creates=True)
