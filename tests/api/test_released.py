"""The code answers what was released; a change is released or, if it breaks clients, announced before it can be."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from shared.database.databases import SERVICES
from tests.api.generated import generated
from tests.api.released import Unannounced, announced, complaint, is_named, release, released

Json = dict[str, Any]
TODAY = date(2026, 11, 23)
DRAFT = "/intake/v1/drafts/{draft_id}"


@pytest.mark.parametrize("service", SERVICES)
def test_the_released_document_is_what_the_code_says(service: str) -> None:
    assert complaint(service, released(service), generated()[service]) is None


@pytest.fixture
def old() -> Json:
    return deepcopy(generated()["intake"]) | {"info": {"version": "1.4.2"}}


def changed(document: Json, version: str) -> Json:
    return deepcopy(document) | {"info": {"version": version}}


def test_a_break_is_refused_until_it_is_announced_under_a_new_major(old: Json) -> None:
    new = changed(old, "1.4.2")
    del new["paths"][DRAFT]["put"]["responses"]["409"]
    assert "write_draft" in (complaint("intake", old, new) or "")
    with pytest.raises(Unannounced, match="write_draft"):
        release("intake", old, new, "## intake 1.5.0\n", TODAY)
    new["info"]["version"] = "2.0.0"
    with pytest.raises(Unannounced):
        release("intake", old, new, "## intake 1.4.2\n", TODAY)
    with pytest.raises(Unannounced):
        release("intake", old, new, "## archive 2.0.0\n", TODAY)
    assert release("intake", old, new, "## archive, intake 2.0.0\nNo draft is taken.\n", TODAY) == "2.0.0"


def without_delete(document: Json, **promised: str) -> tuple[Json, Json]:
    """Return the released document with what it promises for an operation, and the one without that operation."""
    document["paths"][DRAFT]["delete"] |= {name.replace("_", "-"): day for name, day in promised.items()}
    new = changed(document, "2.0.0")
    del new["paths"][DRAFT]["delete"]
    return document, new


@pytest.mark.parametrize("promised", [{}, {"x_sunset": "2026-11-23"}, {"x_sunset": "2027-11-23"}])
def test_an_operation_does_not_go_before_its_sunset(old: Json, promised: dict[str, str]) -> None:
    with pytest.raises(Unannounced, match="delete_draft goes"):
        release("intake", *without_delete(old, **promised), "## intake 2.0.0\n", TODAY)


def test_an_operation_goes_after_its_sunset(old: Json) -> None:
    documents = without_delete(old, x_sunset="2026-11-22")
    assert release("intake", *documents, "## intake 2.0.0\n", TODAY) == "2.0.0"
    with pytest.raises(Unannounced):
        release("intake", *documents, "", TODAY)


@pytest.mark.parametrize(("since", "passes"), [("2025-11-21", False), ("2026-11-22", False), ("2026-11-23", True)])
def test_notice_is_not_given_for_the_past(old: Json, since: str, *, passes: bool) -> None:
    new = changed(old, "1.5.0")
    new["paths"][DRAFT]["delete"] |= {"x-deprecated-since": since, "x-sunset": "2027-11-24"}
    if passes:
        assert release("intake", old, new, "## intake 1.5.0\n", TODAY) == "1.5.0"
    else:
        with pytest.raises(Unannounced, match="cannot be deprecated since"):
            release("intake", old, new, "## intake 1.5.0\n", TODAY)


def test_a_sunset_does_not_come_nearer(old: Json) -> None:
    since = {"x-deprecated-since": "2026-01-01"}
    old["paths"][DRAFT]["delete"] |= {**since, "x-sunset": "2027-11-24"}
    new = changed(old, "1.5.0")
    new["paths"][DRAFT]["delete"] |= {**since, "x-sunset": "2027-11-23"}
    with pytest.raises(Unannounced, match="promised until 2027-11-24"):
        release("intake", old, new, "## intake 1.5.0\n", TODAY)


def test_what_only_adds_is_asked_for_and_gets_a_new_minor(old: Json) -> None:
    new = changed(old, "1.4.2")
    new["components"]["schemas"]["SubmissionRow"]["properties"]["office"] = {"type": "string"}
    assert complaint("intake", old, new) == "intake has changed and only adds: make api-documents releases it"
    with pytest.raises(Unannounced, match=r"1\.5\.0"):
        release("intake", old, new, "", TODAY)
    told = announced("intake", old, new, "# Documents\n\n## intake 1.4.2\n")
    assert told.index("## intake 1.5.0") < told.index("`list_submissions`") < told.index("## intake 1.4.2")
    assert release("intake", old, new, told, TODAY) == "1.5.0"
    assert announced("intake", old, new, told) == told


def test_other_words_get_a_new_patch(old: Json) -> None:
    new = changed(old, "1.4.2")
    new["paths"]["/intake/v1/submissions"]["post"]["description"] = "提交材料。"
    told = announced("intake", old, new, "# Documents\n\n## intake 1.4.2\n")
    assert is_named("intake", "1.4.3", told)
    assert release("intake", old, new, told, TODAY) == "1.4.3"


def test_a_version_that_was_raised_by_hand_stands(old: Json) -> None:
    assert release("intake", old, changed(old, "1.6.0"), "## intake 1.6.0\n", TODAY) == "1.6.0"
