"""How the volume 卷宗 of a case is opened, filled and completed.

Where the conclusion has to be filed is read from the rule pack; where the pack does not know it (遂昌: 未公布),
nothing is demanded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from services.archive.domain.dossier.commands import Command, CompleteVolume, EnterPaper, EntrustDossier, OpenDossier
from services.archive.domain.dossier.events import EVENTS, DossierEntrusted, Fact, PaperEntered
from services.archive.domain.dossier.upcasters import UPCASTERS
from shared.contracts.archive import DossierOpened, VolumeCompleted
from shared.kernel.decider import Decider
from shared.kernel.errors import Rejected
from shared.kernel.events import Codec, Event
from shared.rules import guards
from shared.rules.pack import Rulebook, RulePack, Unknown


class State(StrEnum):
    """Where a dossier stands; None is one that nobody has opened."""

    OPEN = "open"
    COMPLETE = "complete"


class Paper(StrEnum):
    """The papers of a tolerance case that a volume lists."""

    REPORT = "report"  # 调查报告
    EVIDENCE = "evidence"  # 证据材料
    DEFENCE = "defence"  # 申辩材料
    CONCLUSION = "conclusion"  # 容错结论性认定意见
    FEEDBACK = "feedback"  # 反馈函


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier 卷宗: what was opened, the papers in the order in which they were entered, and its completion."""

    state: State | None = None
    opened: DossierOpened | None = None
    papers: tuple[PaperEntered, ...] = ()
    completed: VolumeCompleted | None = None
    entrusted: DossierEntrusted | None = None

    @property
    def matter(self) -> UUID | None:
        """The matter 事项 of the case."""
        return self.opened.matter if self.opened else None

    @property
    def jurisdiction(self) -> str | None:
        """Where the case belongs (GB/T 2260)."""
        return self.opened.jurisdiction if self.opened else None

    @property
    def rules_version(self) -> str | None:
        """The pack pinned by the case."""
        return self.opened.rules_version if self.opened else None


def decide(command: Command, dossier: Dossier, *, rules: Rulebook) -> Sequence[Event]:
    """Answer a command with the facts that follow from it; none for a repetition. Raises Rejected."""
    if isinstance(command, OpenDossier):
        return open_dossier(command, dossier, rules)
    if isinstance(command, EntrustDossier):
        return entrust(command, dossier)
    if dossier.opened is None:
        raise Rejected("dossier-unknown", "没有这个案件的卷宗。")
    match command:
        case EnterPaper():
            return enter_paper(command, dossier)
        case CompleteVolume():
            return complete_volume(command, dossier, dossier.opened)
        case _:
            assert_never(command)


def open_dossier(command: OpenDossier, dossier: Dossier, rules: Rulebook) -> Sequence[Event]:
    """立卷: 谁办案谁立卷; one volume a case."""
    event = DossierOpened(
        case_id=command.case_id,
        matter=command.matter,
        jurisdiction=command.jurisdiction,
        rules_version=command.rules_version,
        targets=_targets(rules.get(command.rules_version)),
    )
    if dossier.opened == event:
        return []
    if dossier.opened:
        raise Rejected("dossier-already-open", "该案件已经立卷。", pointer="/case_id")
    return [event]


def entrust(command: EntrustDossier, dossier: Dossier) -> Sequence[Event]:
    """载明承办、回避: as adjudication tells; what it tells before there is a volume, it tells again later."""
    event = DossierEntrusted(**{name: getattr(command, name) for name in DossierEntrusted.model_fields})
    return [] if dossier.opened is None or dossier.entrusted == event else [event]


def enter_paper(command: EnterPaper, dossier: Dossier) -> Sequence[Event]:
    """归入材料: a text is listed once. A paper that arrives after completion is listed too: the 备考表 is for that."""
    if any((entry.event_id, entry.field) == (command.event_id, command.field) for entry in dossier.papers):
        return []
    if command.paper not in set(Paper):
        raise Rejected("paper-unknown", f"没有材料类别 {command.paper}。", pointer="/paper", named=command.paper)
    guards.not_in_future(command.on, command.at, "/on")
    return [
        PaperEntered(
            paper=command.paper, log=command.log, event_id=command.event_id, field=command.field, on=command.on
        )
    ]


def complete_volume(command: CompleteVolume, dossier: Dossier, opened: DossierOpened) -> Sequence[Event]:
    """案结卷成: a volume is complete when the case is concluded and its pages are counted."""
    event = VolumeCompleted(
        case_id=opened.case_id,
        matter=opened.matter,
        jurisdiction=opened.jurisdiction,
        rules_version=opened.rules_version,
        completed_on=command.on,
        pages=command.pages,
        retention=command.retention,
    )
    if dossier.completed == event:
        return []
    if dossier.completed:
        raise Rejected("dossier-complete", "卷宗已经成卷。")
    concluded_on = [entry.on for entry in dossier.papers if entry.paper == Paper.CONCLUSION]
    if not concluded_on:
        raise Rejected(
            "conclusion-paper-missing",
            "卷内没有容错结论性认定意见，不能成卷。",
            reference="纪检监察机关案件档案管理办法 6",
        )
    guards.not_in_future(command.on, command.at, "/on")
    guards.not_before(command.on, max(concluded_on), "/on")
    if command.pages < 1:
        raise Rejected(
            "pages-missing", "卷宗至少有一页。", reference="纪检监察机关案件档案管理办法 10", pointer="/pages"
        )
    return [event]


def _targets(pack: RulePack) -> tuple[str, ...] | None:
    return None if isinstance(pack.archive_targets, Unknown) else tuple(entry.code for entry in pack.archive_targets)


def evolve(dossier: Dossier, event: Fact) -> Dossier:
    """Apply a fact; facts are not judged again."""
    match event:
        case DossierOpened():
            return replace(dossier, state=State.OPEN, opened=event)
        case PaperEntered():
            return replace(dossier, papers=(*dossier.papers, event))
        case DossierEntrusted():
            return replace(dossier, entrusted=event)
        case VolumeCompleted():
            return replace(dossier, state=State.COMPLETE, completed=event)
        case _:
            assert_never(event)


DECIDER = Decider(category="dossier", codec=Codec(EVENTS, UPCASTERS), initial=Dossier(), decide=decide, evolve=evolve)
