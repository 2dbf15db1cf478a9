"""What an executed erasure leads to: the list, the keys, the evidence. Each step may be repeated after a crash."""

from dataclasses import dataclass

from services.archive.domain.erasure.commands import RecordDestruction
from services.archive.domain.erasure.decisions import DECIDER
from shared.contracts.archive import SubjectErased
from shared.eventstore.append import Watermark
from shared.eventstore.store import EventStore
from shared.eventstore.transact import Cause, transact
from shared.kernel.recorded import Recorded
from shared.keyring.erasure_list import ErasureList
from shared.keyring.keyring import Keyring


@dataclass(frozen=True)
class Destruction:
    """Carries out stored erasures, in this order: listed, destroyed, written down."""

    store: EventStore
    keyring: Keyring
    erasures: ErasureList

    async def carry_out(
        self, erased: SubjectErased, stored: Recorded, cause: Cause, watermark: Watermark | None = None
    ) -> None:
        """Destroy what `erased` names; its completion stands when this returns.

        The list comes before the keys: a crash in between leaves an erasure that every start repeats.
        """
        await self.erasures.append(stored)
        evidence = await self.keyring.destroy(erased.places)
        record = RecordDestruction(
            erased.erasure_id,
            keys=tuple(sorted(one.key_id for one in evidence)),
            destroyed_at=max(one.destroyed_at for one in evidence),
            at=self.store.clock(),
        )
        await transact(
            self.store, DECIDER, erased.erasure_id, record, rules=None, cause=cause, watermark=watermark, wait=True
        )
