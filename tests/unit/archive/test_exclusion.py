"""Nobody has a hand in the erasure or the hold of his own affair, and nobody who is recused in anybody's."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.archive.application import erasure, exclusion, legal_hold
from services.archive.domain.dossier.decisions import DECIDER as DOSSIER
from services.archive.domain.dossier.decisions import Dossier
from services.archive.domain.erasure.decisions import DECIDER as ERASURE
from services.archive.domain.legal_hold.decisions import DECIDER as HOLD
from services.archive.domain.legal_hold.decisions import LegalHold
from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.authz.facts import Facts
from shared.kernel.excluded import NOBODY, Excluded
from shared.kernel.ids import new_id
from tests.support.builders import (
    CADRE,
    CONSIDER_ERASURE,
    ENTRUST,
    EXCLUDED,
    LONG_AFTER,
    OPEN_DOSSIER,
    PLACE_HOLD,
    REQUEST_ERASURE,
    UNIT,
    an_id,
)
from tests.support.given import history

APPLICANT, RECUSED = UNIT, EXCLUDED.recused[0].upper()
WITNESS = an_id(8)
"""Of whom texts are sealed in the matter, though it is not his."""
ERASED = ERASURE.fold(ERASURE.initial, history(ERASURE, replace(REQUEST_ERASURE, subject=WITNESS)))
HELD = HOLD.fold(HOLD.initial, history(HOLD, PLACE_HOLD))
CLEARED = HOLD.fold(HOLD.initial, history(HOLD, CONSIDER_ERASURE))
OF_ERASURES = {
    "archivist": ("read_erasure", "read_erasure_history", "list_erasures", "request_erasure", "execute_erasure"),
    "dic_head": ("read_erasure", "read_erasure_history", "list_erasures", "approve_erasure"),
}
OF_HOLDS = {
    "archivist": ("read_legal_hold", "read_legal_hold_history"),
    "dic_leader": ("read_legal_hold", "read_legal_hold_history", "place_legal_hold", "release_legal_hold"),
}


def caller(role: str, *, party: UUID | None = None, subject: str = "head-01") -> Caller:
    return Caller("issuer", subject, frozenset({role}), None, ("331123",), party)


def permitted(who: Caller, actions: tuple[str, ...], facts: Facts) -> set[str]:
    return {action for action in actions if Access(who, action, new_id()).judge(facts).permitted}


@pytest.mark.parametrize("role", OF_ERASURES)
def test_an_erasure_is_no_business_of_who_is_in_it(role: str) -> None:
    every = OF_ERASURES[role]
    for who in (caller(role), caller(role, party=an_id(99))):
        assert permitted(who, every, erasure.relate(who, ERASED, LONG_AFTER)) == set(every)
    own = [caller(role, party=party) for party in (CADRE, APPLICANT, WITNESS)]
    for who in (*own, caller(role, subject=RECUSED)):
        assert permitted(who, every, erasure.relate(who, ERASED, LONG_AFTER)) == set()


@pytest.mark.parametrize("state", [HELD, CLEARED], ids=["held", "cleared"])
@pytest.mark.parametrize("role", OF_HOLDS)
def test_a_hold_is_no_business_of_who_is_in_the_matter(role: str, state: LegalHold) -> None:
    every = OF_HOLDS[role]
    assert permitted(caller(role), every, legal_hold.relate(caller(role), state, LONG_AFTER)) == set(every)
    own = [caller(role, party=party) for party in (CADRE, APPLICANT)]
    for who in (*own, caller(role, subject=RECUSED)):
        assert permitted(who, every, legal_hold.relate(who, state, LONG_AFTER)) == set()


def test_every_dossier_of_a_matter_keeps_out() -> None:
    def dossier(**changes: Any) -> Dossier:
        told = history(DOSSIER, OPEN_DOSSIER, replace(ENTRUST, **changes))
        return DOSSIER.fold(DOSSIER.initial, told)

    first = dossier(concerned=CADRE, applicant=None, recused=("officer-2", "officer-1"))
    second = dossier(concerned=an_id(9), applicant=APPLICANT, recused=("officer-1",))
    assert exclusion.excluded_from([second, DOSSIER.initial, first]) == Excluded(
        concerned=(CADRE, an_id(9)), applicants=(APPLICANT,), recused=("officer-1", "officer-2")
    )
    assert exclusion.excluded_from([]) == NOBODY
