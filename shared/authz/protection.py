"""How the things of one kind are protected: how a caller stands to one, and the class of every member of its answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from shared.authz.caller import Caller
from shared.authz.data_classes import DataClass
from shared.authz.facts import Facts

S = TypeVar("S")


@dataclass(frozen=True)
class Protection(Generic[S]):
    """`relate(caller, state, at)` finds the facts that hold at an instant.

    `classes` names the class of each member that events set or append to; one that is missing is shown to nobody.
    """

    relate: Callable[[Caller, S, datetime], Facts]
    classes: Mapping[str, DataClass]
