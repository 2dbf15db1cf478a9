"""The domain of intake 受理: pure decisions about parties and submissions.

`AGGREGATES` names the decider of every stream category, `CODEC` knows every event of the service's log.
"""

from collections.abc import Mapping
from typing import Any

from services.intake.domain.party import decisions as party
from services.intake.domain.party import upcasters as party_upcasters
from services.intake.domain.submission import decisions as submission
from services.intake.domain.submission import upcasters as submission_upcasters
from shared.kernel.decider import Decider
from shared.kernel.events import Codec
from shared.kernel.upcasting import Upcasters

AGGREGATES: Mapping[str, Decider[Any]] = {decider.category: decider for decider in (party.DECIDER, submission.DECIDER)}
CODEC = Codec(
    [event for decider in AGGREGATES.values() for event in decider.codec.types.values()],
    Upcasters({**party_upcasters.STEPS, **submission_upcasters.STEPS}),
)
