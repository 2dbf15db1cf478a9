"""Commands of one report 检举控告 and of one request to see who reported; a test changes one with `replace`."""

from dataclasses import replace
from datetime import date

from services.intake.domain.report import commands as report
from services.intake.domain.unmasking import commands as unmasking
from services.intake.domain.unmasking.decisions import digest_of
from tests.support.builders import AT, CADRE, MATTER, an_id, sealed

REPORT_ID, REPORTER, UNMASKING = (an_id(number) for number in (301, 302, 303))
ANONYMOUS = report.ReceiveReport(
    report_id=REPORT_ID,
    matter=MATTER,
    jurisdiction="331123",
    channel="letter",
    managed_by="331123",
    head_of_organ=False,
    received_on=date(2023, 5, 4),
    concerned=CADRE,
    person_described=None,
    content=sealed("content"),
    reporter=None,
    identity={},
    at=AT,
)
REAL_NAME = replace(
    ANONYMOUS, reporter=REPORTER, identity={"name": sealed("reporter.name"), "phone": sealed("reporter.phone")}
)
SEND_UP = report.RecordTransfer(
    report_id=REPORT_ID,
    jurisdiction="331123",
    managed_by="331100",
    head_of_organ=False,
    received_on=date(2023, 5, 4),
    at=AT,
)
ASSIGN_REPORT = report.AssignReport(report_id=REPORT_ID, office="331123-dic-1", at=AT)
RECUSE_FROM_REPORT = report.RecordReportRecusal(
    report_id=REPORT_ID, person="officer-1", ground="party_or_relative", by="officer-1", by_head=False, at=AT
)

ASK_IDENTITY = unmasking.RequestUnmasking(
    unmasking_id=UNMASKING,
    report_id=REPORT_ID,
    matter=MATTER,
    jurisdiction="331123",
    concerned=CADRE,
    requester="officer-1",
    fields=("name", "phone"),
    reason=sealed("unmasking.reason"),
    at=AT,
)
APPROVE_IDENTITY = unmasking.ApproveUnmasking(
    unmasking_id=UNMASKING, approver="head-1", digest=digest_of(ASK_IDENTITY), at=AT
)
APPROVE_IDENTITY_TOO = replace(APPROVE_IDENTITY, approver="leader-2")
OPEN_IDENTITY = unmasking.OpenIdentity(unmasking_id=UNMASKING, opening_id=an_id(304), reader="officer-1", at=AT)
