"""How a notice is issued and acknowledged."""

from dataclasses import replace

from services.notification.domain.notice.decisions import DECIDER
from services.notification.domain.notice.events import NoticeReceived
from shared.contracts.notification import NoticeIssued
from tests.support.builders import ACKNOWLEDGE, CADRE, CASE, ISSUE, MATTER, NOTICE, PACK, UNIT
from tests.support.given import given, history
from tests.unit.machines import Machine, table

MACHINE = Machine(
    title="通知 notice (notification)",
    decider=DECIDER,
    ways={"none": [], "issued": [ISSUE], "received": [ISSUE, ACKNOWLEDGE]},
    commands={"IssueNotice": replace(ISSUE, template="submission_accepted"), "AcknowledgeNotice": ACKNOWLEDGE},
)
TABLE = table("""
IssueNotice       | → issued              | none
IssueNotice       | notice-already-issued | issued received
AcknowledgeNotice | notice-unknown        | none
AcknowledgeNotice | → received            | issued
AcknowledgeNotice | =                     | received
""")


def test_every_command_in_every_state() -> None:
    assert MACHINE.rows() == TABLE


class TestIssue:
    def test_says_what_it_is_about_and_holds_no_text(self) -> None:
        given(DECIDER).when(ISSUE).then(
            NoticeIssued(
                notice_id=NOTICE,
                party=CADRE,
                matter=MATTER,
                jurisdiction="331123",
                rules_version=PACK,
                template="tolerance_fed_back",
                about_service="adjudication",
                about_id=CASE,
            )
        )

    def test_is_refused_for_a_template_that_does_not_exist(self) -> None:
        given(DECIDER).when(replace(ISSUE, template="birthday")).then_rejected("template-unknown", "/template")


class TestAcknowledge:
    def test_is_the_addressees_alone(self) -> None:
        issued = history(DECIDER, ISSUE)
        given(DECIDER, issued).when(ACKNOWLEDGE).then(NoticeReceived(party=CADRE))
        given(DECIDER, issued).when(replace(ACKNOWLEDGE, party=UNIT)).then_rejected("not-addressee")
