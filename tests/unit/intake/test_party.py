"""How a party is registered."""

from dataclasses import replace

from services.intake.domain.party.decisions import DECIDER
from services.intake.domain.party.events import PartyRegistered
from tests.support.builders import CADRE, REGISTER, sealed
from tests.support.given import given, history
from tests.unit.machines import Machine, table

MACHINE = Machine(
    title="当事人 party (intake)",
    decider=DECIDER,
    ways={"none": [], "registered": [REGISTER]},
    commands={"RegisterParty": replace(REGISTER, kind="unit")},
)
TABLE = table("""
RegisterParty | → registered             | none
RegisterParty | party-already-registered | registered
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestRegister:
    def test_keeps_name_and_contact_closed(self) -> None:
        given(DECIDER).when(REGISTER).then(
            PartyRegistered(
                party_id=CADRE,
                kind="person",
                jurisdiction="331123",
                name=sealed("name"),
                contact=sealed("contact"),
            )
        )

    def test_needs_no_contact(self) -> None:
        given(DECIDER).when(replace(REGISTER, contact=None)).then_types(PartyRegistered)

    def test_is_refused_for_an_id_that_names_somebody_else(self) -> None:
        registered = history(DECIDER, REGISTER)
        given(DECIDER, registered).when(replace(REGISTER, name=sealed("name", "钟某"))).then_rejected(
            "party-already-registered", "/party_id"
        )


def test_a_party_belongs_to_no_matter_and_no_rules() -> None:
    party = DECIDER.fold(DECIDER.initial, history(DECIDER, REGISTER))
    assert (party.matter, party.jurisdiction, party.rules_version) == (None, "331123", None)
