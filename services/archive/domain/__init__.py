"""The domain of archive 归档与后续: pure decisions about dossiers, erasures and legal holds.

`AGGREGATES` names the decider of every stream category, `CODEC` knows every event of the service's log.
"""

from collections.abc import Mapping
from typing import Any

from services.archive.domain.dossier import decisions as dossier
from services.archive.domain.dossier import upcasters as dossier_upcasters
from services.archive.domain.erasure import decisions as erasure
from services.archive.domain.erasure import upcasters as erasure_upcasters
from services.archive.domain.legal_hold import decisions as legal_hold
from services.archive.domain.legal_hold import upcasters as legal_hold_upcasters
from shared.kernel.decider import Decider
from shared.kernel.events import Codec
from shared.kernel.upcasting import Upcasters

AGGREGATES: Mapping[str, Decider[Any]] = {
    decider.category: decider for decider in (dossier.DECIDER, erasure.DECIDER, legal_hold.DECIDER)
}
CODEC = Codec(
    [event for decider in AGGREGATES.values() for event in decider.codec.types.values()],
    Upcasters({**dossier_upcasters.STEPS, **erasure_upcasters.STEPS, **legal_hold_upcasters.STEPS}),
)
