"""One admitted request: who asks, for which operation, under which trace id and for what purpose."""

from dataclasses import dataclass, field
from uuid import UUID

from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.policy_engine import Decision, policies


@dataclass(slots=True)
class Trail:
    """What a request has come to, for its access record: policies that permitted or forbade, classes of data that it
    was let see, labels of sealed texts that were opened, and whether anything was denied.
    """

    permits: set[str] = field(default_factory=set)
    forbids: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    denied: bool = False

    def note(self, decision: Decision, data: DataClass) -> None:
        """Keep what a decision was."""
        (self.permits if decision.permitted else self.forbids).update(decision.policies)
        if decision.permitted:
            self.classes.add(data.value)
        else:
            self.denied = True


@dataclass(frozen=True, slots=True)
class Access:
    """What a guard hands to a route. `action` is the operation's id, `purpose` a code or None."""

    caller: Caller
    action: str
    trace_id: UUID
    purpose: str | None = None
    trail: Trail = field(default_factory=Trail, compare=False, repr=False)

    def judge(self, facts: Facts, data: DataClass = DataClass.RECORD) -> Decision:
        """Return what the policies say of this request on content of the class `data`."""
        decision = policies().decide(self.caller.roles, self.action, facts, data)
        self.trail.note(decision, data)
        return decision

    def may_also(self, action: str, facts: Facts, data: DataClass = DataClass.RECORD) -> bool:
        """Tell whether the caller may do `action`, too, a part of which an answer shows; a no denies him nothing."""
        decision = policies().decide(self.caller.roles, action, facts, data)
        if decision.permitted:
            self.trail.note(decision, data)
        return decision.permitted

    def opens(self) -> bool:
        """Tell whether the caller is shown texts, and not their envelopes."""
        return policies().decide(self.caller.roles, "open_texts", Facts(), DataClass.RECORD).permitted
