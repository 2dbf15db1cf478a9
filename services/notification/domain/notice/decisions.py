"""How a notice 通知 is issued and acknowledged. It holds no text: what a template says is filled in at the edge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from services.notification.domain.notice.commands import AcknowledgeNotice, Command, IssueNotice
from services.notification.domain.notice.events import EVENTS, Fact, NoticeReceived
from services.notification.domain.notice.upcasters import UPCASTERS
from shared.contracts.notification import NoticeIssued
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.rules.pack import Rulebook


class State(StrEnum):
    """Where a notice stands; None is one that nobody has issued."""

    ISSUED = "issued"
    RECEIVED = "received"


class Template(StrEnum):
    """What a party can be told."""

    SUBMISSION_ACCEPTED = "submission_accepted"  # 受理通知
    SUPPLEMENT_REQUESTED = "supplement_requested"  # 补正通知
    TOLERANCE_FED_BACK = "tolerance_fed_back"  # 容错认定反馈


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice 通知 to one party."""

    state: State | None = None
    issued: NoticeIssued | None = None

    @property
    def matter(self) -> UUID | None:
        """The matter 事项 that the notice is about."""
        return self.issued.matter if self.issued else None

    @property
    def jurisdiction(self) -> str | None:
        """Where the matter belongs (GB/T 2260)."""
        return self.issued.jurisdiction if self.issued else None

    @property
    def rules_version(self) -> str | None:
        """The pack pinned by the matter."""
        return self.issued.rules_version if self.issued else None


def decide(command: Command, notice: Notice, *, rules: Rulebook) -> Sequence[Event]:  # noqa: ARG001 - every decider's shape
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    match command:
        case IssueNotice():
            return issue(command, notice)
        case AcknowledgeNotice():
            return acknowledge(command, notice)
        case _:
            assert_never(command)


def issue(command: IssueNotice, notice: Notice) -> Sequence[Event]:
    """发出通知, once."""
    event = NoticeIssued(
        notice_id=command.notice_id,
        party=command.party,
        matter=command.matter,
        jurisdiction=command.jurisdiction,
        rules_version=command.rules_version,
        template=command.template,
        about_service=command.about_service,
        about_id=command.about_id,
    )
    if notice.issued == event:
        return []
    if notice.issued:
        raise Rejected("notice-already-issued", "该编号的通知已经发出。", pointer="/notice_id")
    if command.template not in set(Template):
        detail = f"没有通知模板 {command.template}。"
        raise Rejected("template-unknown", detail, pointer="/template", named=command.template)
    return [event]


def acknowledge(command: AcknowledgeNotice, notice: Notice) -> Sequence[Event]:
    """签收: nobody acknowledges what was sent to somebody else."""
    if notice.issued is None:
        raise Rejected("notice-unknown", "没有这份通知。")
    if command.party != notice.issued.party:
        raise Rejected("not-addressee", "只有收件人本人可以签收。", pointer="/party")
    return [] if notice.state is State.RECEIVED else [NoticeReceived(party=command.party)]


def evolve(notice: Notice, event: Fact) -> Notice:
    """Apply a fact; facts are not judged again."""
    match event:
        case NoticeIssued():
            return replace(notice, state=State.ISSUED, issued=event)
        case NoticeReceived():
            return replace(notice, state=State.RECEIVED)
        case _:
            assert_never(event)


DECIDER = Decider(category="notice", codec=Codec(EVENTS, UPCASTERS), initial=Notice(), decide=decide, evolve=evolve)
