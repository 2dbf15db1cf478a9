"""The code answers what was released; a change is released or, if it breaks clients, announced before it can be."""

from copy import deepcopy
from typing import Any

import pytest

from shared.database.databases import SERVICES
from tests.api.generated import generated
from tests.api.released import Unannounced, complaint, release, released

Json = dict[str, Any]


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
    del new["paths"]["/intake/v1/drafts/{draft_id}"]["delete"]
    assert "delete_draft" in (complaint("intake", old, new) or "")
    with pytest.raises(Unannounced, match="delete_draft"):
        release("intake", old, new, "## intake 1.5.0\n")
    new["info"]["version"] = "2.0.0"
    with pytest.raises(Unannounced):
        release("intake", old, new, "## intake 1.4.2\n")
    assert release("intake", old, new, "## intake 2.0.0\nUse withdrawal instead.\n") == "2.0.0"


def test_what_only_adds_is_asked_for_and_gets_a_new_minor(old: Json) -> None:
    new = changed(old, "1.4.2")
    new["components"]["schemas"]["SubmissionRow"]["properties"]["office"] = {"type": "string"}
    assert complaint("intake", old, new) == "intake has changed and only adds: make api-documents releases it"
    assert release("intake", old, new, "") == "1.5.0"


def test_other_words_get_a_new_patch(old: Json) -> None:
    new = changed(old, "1.4.2")
    new["paths"]["/intake/v1/submissions"]["post"]["description"] = "提交材料。"
    assert release("intake", old, new, "") == "1.4.3"


def test_a_version_that_was_raised_by_hand_stands(old: Json) -> None:
    assert release("intake", old, changed(old, "1.6.0"), "") == "1.6.0"
