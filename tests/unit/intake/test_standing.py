"""How access is withdrawn and given back."""

from dataclasses import replace

from services.intake.domain.standing.decisions import DECIDER
from services.intake.domain.standing.events import AccessWithdrawn, WithdrawalEnded
from tests.support.builders import END_WITHDRAWAL, WITHDRAW_ACCESS
from tests.support.given import given, history
from tests.unit.machines import Machine, table

MACHINE = Machine(
    title="访问资格 standing (intake)",
    decider=DECIDER,
    ways={"none": [], "withdrawn": [WITHDRAW_ACCESS], "ended": [WITHDRAW_ACCESS, END_WITHDRAWAL]},
    commands={"WithdrawAccess": replace(WITHDRAW_ACCESS, subject="o-18"), "EndWithdrawal": END_WITHDRAWAL},
)
TABLE = table("""
WithdrawAccess | → withdrawn                 | none
WithdrawAccess | withdrawal-already-declared | withdrawn ended
EndWithdrawal  | withdrawal-unknown          | none
EndWithdrawal  | → ended                     | withdrawn
EndWithdrawal  | =                           | ended
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


def test_a_withdrawal_names_whom_and_why() -> None:
    given(DECIDER).when(WITHDRAW_ACCESS).then(
        AccessWithdrawn(issuer="https://issuer.example", subject="o-17", reason="left-office")
    )
    given(DECIDER, history(DECIDER, WITHDRAW_ACCESS)).when(WITHDRAW_ACCESS).then()
    given(DECIDER, history(DECIDER, WITHDRAW_ACCESS)).when(END_WITHDRAWAL).then(WithdrawalEnded())


def test_a_withdrawal_belongs_to_no_matter_no_place_and_no_rules() -> None:
    standing = DECIDER.fold(DECIDER.initial, history(DECIDER, WITHDRAW_ACCESS))
    assert (standing.matter, standing.jurisdiction, standing.rules_version) == (None, None, None)
