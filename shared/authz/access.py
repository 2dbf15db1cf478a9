"""One admitted request: who asks, for which operation, under which trace id and for what purpose."""

from dataclasses import dataclass
from uuid import UUID

from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts
from shared.authz.policy_engine import Decision, policies


@dataclass(frozen=True, slots=True)
class Access:
    """What a guard hands to a route. `action` is the operation's id, `purpose` a code or None."""

    caller: Caller
    action: str
    trace_id: UUID
    purpose: str | None = None

    def judge(self, facts: Facts, data: DataClass = DataClass.RECORD) -> Decision:
        """Return what the policies say of this request on content of the class `data`."""
        return policies().decide(self.caller.roles, self.action, facts, data)

    def opens(self) -> bool:
        """Tell whether the caller is shown texts, and not their envelopes."""
        return policies().decide(self.caller.roles, "open_texts", Facts(), DataClass.RECORD).permitted
