"""Commands of one memorable matter, valid as they stand; a test changes one with `dataclasses.replace`.

The matter: an inspection finds that 某 of a street office let some people pass a motorway check uncounted (S0).
"""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from services.adjudication.domain.tolerance_case import commands as case
from services.archive.domain.dossier import commands as dossier
from services.archive.domain.erasure import commands as erasure
from services.archive.domain.legal_hold import commands as hold
from services.intake.domain.party import commands as party
from services.intake.domain.standing import commands as standing
from services.intake.domain.submission import commands as submission
from services.notification.domain.notice import commands as notice
from shared.kernel.excluded import Excluded
from shared.kernel.sealed import Sealed

AT = datetime(2023, 5, 4, 1, 30, tzinfo=UTC)
ACT_ON = date(2022, 4, 15)
FOUND_ON = date(2022, 4, 20)
PACK = "331123/2020-01-01"


def an_id(number: int) -> UUID:
    """Return a UUIDv7-shaped id that one recognises by its last digits."""
    return UUID(f"018f0000-0000-7000-8000-{number:012d}")


MATTER, SUBMISSION, CASE, CADRE, UNIT, NOTICE = (an_id(number) for number in range(1, 7))


def sealed(label: str, words: str = "") -> Sealed[str]:
    """Return an envelope of the right shape, the same for the same words; no key opens it."""

    def binary(part: str, size: int) -> str:
        digest = sha256(f"{label} {words} {part}".encode()).digest()
        return urlsafe_b64encode(digest[:size]).decode().rstrip("=")

    return Sealed[str](
        suite="A256GCM",
        key=an_id(900),
        subject=CADRE,
        matter=MATTER,
        label=label,
        nonce=binary("nonce", 12),
        ciphertext=binary("ciphertext", 32),
        commitment=binary("commitment", 32),
        digest=binary("digest", 32),
    )


REGISTER = party.RegisterParty(
    party_id=CADRE, kind="person", jurisdiction="331123", name=sealed("name"), contact=sealed("contact"), at=AT
)

FINDING = submission.SubmitSubmission(
    submission_id=SUBMISSION,
    matter=MATTER,
    author="331123-inspection",
    kind="finding",
    applicant_kind=None,
    applicant=None,
    found_by=sealed("found_by"),
    concerned=CADRE,
    jurisdiction="331123",
    situations=("SC.4",),
    act_on=ACT_ON,
    found_on=FOUND_ON,
    statement=sealed("statement"),
    other_situation=None,
    at=AT,
)
APPLICATION = replace(FINDING, kind="application", applicant_kind="unit", applicant=UNIT, found_by=None, found_on=None)
RETURN = submission.ReturnForSupplement(
    submission_id=SUBMISSION, missing=sealed("missing"), at=AT, clerk="officer-1", office="office-1"
)
RESUBMIT = submission.Resubmit(
    submission_id=SUBMISSION,
    statement=sealed("statement", "supplemented"),
    situations=("SC.4", "SC.X"),
    other_situation=sealed("other_situation"),
    at=AT,
)
ACCEPT = submission.AcceptSubmission(
    submission_id=SUBMISSION, case_id=CASE, at=AT, clerk="officer-1", office="office-1"
)
NOTE_HANDLING = submission.NoteHandling(
    submission_id=SUBMISSION, office="office-2", persons=("officer-4",), recused=("member-9",), at=AT
)
RECUSE_EARLY = submission.RecordSubmissionRecusal(
    submission_id=SUBMISSION, person="member-8", ground="witness", by="member-8", by_leader=False, at=AT
)
WITHDRAW = submission.WithdrawSubmission(submission_id=SUBMISSION, reason=sealed("reason"), at=AT)
NOTE_CASE = submission.NoteCaseOpened(submission_id=SUBMISSION, case_id=CASE, at=AT)

INITIATE = case.InitiateCase(
    case_id=CASE,
    matter=MATTER,
    submission_id=SUBMISSION,
    jurisdiction="331123",
    rules_version=PACK,
    source="inspection",
    concerned=CADRE,
    applicant=None,
    notify=CADRE,
    situations=("SC.4",),
    act_on=ACT_ON,
    at=AT,
)
OPEN = case.OpenInvestigation(
    case_id=CASE,
    officers=("officer-1", "officer-2"),
    opened_on=date(2022, 4, 21),
    at=AT,
    clerk="officer-1",
    office="office-1",
)
ASSIGN = case.AssignOffice(case_id=CASE, office="office-2", at=AT)
GRANT = case.GrantAccess(
    case_id=CASE,
    grant_id=an_id(105),
    person="member-1",
    role="adjudication_committee",
    ends_at=AT + timedelta(days=30),
    at=AT,
)
END_GRANT = case.EndAccess(case_id=CASE, grant_id=an_id(105), at=AT)
RECUSE = case.RecordRecusal(case_id=CASE, person="member-9", ground="interest", by="member-9", by_leader=False, at=AT)
VISIT = case.RecordInvestigation(
    case_id=CASE,
    record_id=an_id(101),
    kind="site_visit",
    on=date(2022, 4, 22),
    officers=("officer-1", "officer-2"),
    note=sealed("note", "visit"),
    signed_by_interviewed=None,
    at=AT,
    clerk="officer-1",
)
TALK = replace(
    VISIT, record_id=an_id(102), kind="talk", officers=("officer-2", "officer-3"), signed_by_interviewed=True
)
HEAR = case.HearDefence(
    case_id=CASE,
    on=date(2022, 4, 25),
    statement=sealed("statement", "defence"),
    waiver_signed=False,
    heard_by=("officer-1", "officer-2"),
    at=AT,
    clerk="officer-1",
)
REPORT = case.FileReport(
    case_id=CASE,
    on=date(2022, 4, 28),
    facts=sealed("facts"),
    eligibility=sealed("eligibility"),
    situations=("SC.4",),
    conditions={"selfless": "met", "diligent": "met", "no_private_gain": "met", "timely_correction": "met"},
    exclusions=(),
    signed_by=("officer-1", "officer-2"),
    at=AT,
    clerk="officer-1",
)
OPEN_CLASS_REPORT = replace(REPORT, situations=("SC.4", "SC.X"))
RECOGNISE = case.RecogniseSituation(
    case_id=CASE,
    situation="SC.X",
    reasons=sealed("reasons", "recognition"),
    recognised_by=("member-1", "member-2", "member-3"),
    on=date(2022, 4, 29),
    at=AT,
    clerk="member-1",
)
CONCLUDE = case.ConcludeCase(
    case_id=CASE,
    outcome="exempt",
    grounds=("found_in_time", "no_adverse_consequence", "sincere_attitude", "active_rectification"),
    reasons=sealed("reasons"),
    decided_by=("member-1", "member-2", "member-3"),
    legality_confirmed=True,
    concluded_on=date(2022, 5, 5),
    departure_reasons=None,
    at=AT,
    clerk="member-1",
)
FEED_BACK = case.GiveFeedback(case_id=CASE, on=date(2022, 5, 6), explained=False, at=AT)

OPEN_DOSSIER = dossier.OpenDossier(case_id=CASE, matter=MATTER, jurisdiction="331123", rules_version=PACK, at=AT)
ENTRUST = dossier.EntrustDossier(
    case_id=CASE,
    concerned=CADRE,
    applicant=None,
    office="office-1",
    persons=("officer-1", "officer-2"),
    recused=("member-9",),
    at=AT,
)
ENTER_CONCLUSION = dossier.EnterPaper(
    case_id=CASE,
    paper="conclusion",
    log="adjudication",
    event_id=an_id(201),
    field="reasons",
    on=date(2022, 5, 5),
    at=AT,
)
ENTER_FEEDBACK = replace(ENTER_CONCLUSION, paper="feedback", event_id=an_id(202), field=None, on=date(2022, 5, 6))
COMPLETE = dossier.CompleteVolume(case_id=CASE, on=date(2022, 12, 30), pages=47, retention="permanent", at=AT)

LONG_AFTER = datetime(2038, 1, 4, 1, 30, tzinfo=UTC)
EXCLUDED = Excluded(concerned=(CADRE,), applicants=(an_id(5),), recused=("member-2",))
REQUEST_ERASURE = erasure.RequestErasure(
    erasure_id=an_id(301),
    case_id=CASE,
    matter=MATTER,
    jurisdiction="331123",
    rules_version=PACK,
    subject=CADRE,
    identity=False,
    ground="retention-over",
    by="issuer#archivist-02",
    retention="short",
    completed_on=date(2022, 12, 30),
    held=False,
    other_matters=(),
    in_matter=True,
    registered_here=True,
    excluded=EXCLUDED,
    at=LONG_AFTER,
)
ENDORSE = erasure.ApproveErasure(
    erasure_id=an_id(301),
    digest="489c9abbfb47f374a0f5f93e91eb3b46d150e53a88214ba426231703c21e5706",
    by="issuer#head-01",
    at=LONG_AFTER,
)
APPROVE_ERASURE = replace(ENDORSE, by="issuer#leader-02")
EXECUTE = erasure.ExecuteErasure(
    erasure_id=an_id(301),
    retention="short",
    completed_on=date(2022, 12, 30),
    cleared=True,
    other_matters=(),
    in_matter=True,
    registered_here=True,
    at=LONG_AFTER,
)
RECORD_DESTRUCTION = erasure.RecordDestruction(
    erasure_id=an_id(301), keys=(an_id(900),), destroyed_at=LONG_AFTER, at=LONG_AFTER
)
PLACE_HOLD = hold.PlaceHold(
    matter=MATTER,
    jurisdiction="331123",
    rules_version=PACK,
    ground="litigation",
    by="issuer#head-01",
    excluded=EXCLUDED,
    at=LONG_AFTER,
)
RELEASE_HOLD = hold.ReleaseHold(matter=MATTER, by="issuer#leader-02", at=LONG_AFTER)
CONSIDER_ERASURE = hold.ConsiderErasure(
    erasure_id=an_id(301),
    subject=CADRE,
    matter=MATTER,
    jurisdiction="331123",
    rules_version=PACK,
    excluded=EXCLUDED,
    final=True,
    at=LONG_AFTER,
)

ISSUE = notice.IssueNotice(
    notice_id=NOTICE,
    party=CADRE,
    matter=MATTER,
    jurisdiction="331123",
    rules_version=PACK,
    template="tolerance_fed_back",
    about_service="adjudication",
    about_id=CASE,
    at=AT,
)
ACKNOWLEDGE = notice.AcknowledgeNotice(notice_id=NOTICE, party=CADRE, at=AT)

WITHDRAW_ACCESS = standing.WithdrawAccess(issuer="https://issuer.example", subject="o-17", reason="left-office", at=AT)
END_WITHDRAWAL = standing.EndWithdrawal(at=AT)
