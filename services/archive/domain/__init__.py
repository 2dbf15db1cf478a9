"""The domain of archive 归档与后续: pure decisions about dossiers.

`AGGREGATES` names the decider of every stream category, `CODEC` knows every event of the service's log.
"""

from collections.abc import Mapping
from typing import Any

from services.archive.domain.dossier import decisions as dossier
from shared.kernel.decider import Decider

AGGREGATES: Mapping[str, Decider[Any]] = {dossier.DECIDER.category: dossier.DECIDER}
CODEC = dossier.DECIDER.codec
