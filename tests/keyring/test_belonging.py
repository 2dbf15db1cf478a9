"""An envelope is opened only in the member, of the person and in the matter for which it was sealed."""

from typing import Any
from uuid import UUID

import pytest

from shared.authz.access import Access
from shared.authz.caller import Caller
from shared.kernel.ids import new_id
from shared.keyring.envelope import SealBroken
from shared.keyring.keyring import Keyring
from shared.web.sealing import Belonging, Edge

TEXT = "某某的陈述"


@pytest.fixture
def case() -> Belonging:
    """What the texts of a case belong to."""
    return Belonging("tolerance_case", new_id(), new_id())


@pytest.fixture
def reader() -> Access:
    """Somebody who is shown texts."""
    return Access(Caller("issuer", "one", frozenset(), None, (), None), "read_case", new_id())


async def envelope(keyring: Keyring, label: str, subject: UUID | None, matter: UUID) -> dict[str, Any]:
    """Close the text as `label`; without a subject it is about somebody else in the matter."""
    sealed = await keyring.seal(TEXT, subject=subject or new_id(), matter=matter, label=label)
    return sealed.model_dump(mode="json")


async def test_a_text_is_shown_where_it_belongs_also_in_lists_and_with_an_identity(
    keyring: Keyring, reader: Access, case: Belonging
) -> None:
    edge, note = Edge(keyring), await envelope(keyring, "tolerance_case.note", case.subject, case.matter)
    shown = await edge.show({"investigation_records": [{"kind": "visit", "note": note}]}, reader, case)
    assert shown == {"investigation_records": [{"kind": "visit", "note": TEXT}]}
    name = await envelope(keyring, "reporter.name", None, case.matter)
    assert await edge.show({"identity": {"name": name}}, reader, case) == {"identity": {"name": TEXT}}
    assert reader.trail.opened == {"tolerance_case.note", "reporter.name"}


@pytest.mark.parametrize(
    ("label", "place", "said"),
    [
        ("tolerance_case.facts", {}, {"matter": "{}"}),
        ("tolerance_case.facts", {}, {"facts_": "{}"}),
        ("submission.facts", {}, {"facts": "{}"}),
        ("tolerance_case.facts", {"subject": None}, {"facts": "{}"}),
        ("tolerance_case.facts", {"matter": new_id()}, {"facts": "{}"}),
        ("tolerance_case.note", {}, {"defences": [{"statement": "{}"}]}),
        ("reporter.name", {}, {"name": "{}"}),
        ("reporter.name", {}, {"identity": {"phone": "{}"}}),
        ("reporter.name", {"matter": new_id()}, {"identity": {"name": "{}"}}),
        ("tolerance_case.name", {}, {"identity": {"name": "{}"}}),
    ],
)
async def test_a_text_from_elsewhere_is_not_opened(
    keyring: Keyring, reader: Access, case: Belonging, label: str, place: dict[str, Any], said: dict[str, Any]
) -> None:
    moved = await envelope(keyring, label, **{"subject": case.subject, "matter": case.matter} | place)
    with pytest.raises(SealBroken) as broken:
        await Edge(keyring).show(_put(said, moved), reader, case)
    assert TEXT not in str(broken.value)
    assert not reader.trail.opened


def _put(said: Any, moved: dict[str, Any]) -> Any:
    """Return `said` with `moved` in the place of the braces."""
    if isinstance(said, dict):
        return {name: _put(value, moved) for name, value in said.items()}
    if isinstance(said, list):
        return [_put(value, moved) for value in said]
    return moved if said == "{}" else said
