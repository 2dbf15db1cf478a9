"""What clients send about a tolerance case: free text is clear here and nowhere further in.

Members are named as the command's fields are, so that the pointer of a refusal fits the request.
"""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from shared.web.text import At, Body, ClientId, Code, Day, LongText, Organisation, Person

Officers = Annotated[tuple[Person, ...], Field(min_length=1, max_length=30, description="假名编号，不填姓名")]
Codes = Annotated[tuple[Code, ...], Field(max_length=50)]


class Investigation(Body):
    """开展调查核实."""

    officers: Officers
    opened_on: Day


class Record(Body):
    """一项调查核实活动; the id is the client's own (UUIDv7), so that a retry is recognised."""

    record_id: ClientId
    kind: Code
    on: Day
    officers: Officers
    note: LongText
    signed_by_interviewed: StrictBool | None = None


class Defence(Body):
    """听取申辩: a statement, or a signed waiver."""

    on: Day
    statement: LongText | None = None
    waiver_signed: StrictBool
    heard_by: Officers


class Report(Body):
    """调查报告."""

    on: Day
    facts: LongText
    eligibility: LongText
    situations: Codes
    conditions: Annotated[dict[Code, Literal["met", "not_met", "unproven"]], Field(max_length=50)]
    exclusions: Codes
    signed_by: Officers


class Recognition(Body):
    """认定其他情形."""

    situation: Code
    reasons: LongText
    recognised_by: Officers
    on: Day


class Conclusion(Body):
    """作出认定."""

    outcome: Code
    grounds: Codes
    reasons: LongText
    decided_by: Officers
    legality_confirmed: StrictBool
    concluded_on: Day
    departure_reasons: LongText | None = None


class Feedback(Body):
    """反馈."""

    on: Day
    explained: StrictBool


class Assignment(Body):
    """确定承办部门: the organisation's id, as it stands in the tokens of its officers."""

    office: Organisation


class Grant(Body):
    """阅卷授权; the id is the client's own (UUIDv7), `person` the subject of that person's tokens."""

    grant_id: ClientId
    person: Person
    role: Code
    ends_at: At


class AccessEnd(Body):
    """终止阅卷授权."""


class Recusal(Body):
    """回避: of the caller himself, or, ordered by a leader, of `person`; of a report a head orders it."""

    person: Person | None = None
    ground: Code
