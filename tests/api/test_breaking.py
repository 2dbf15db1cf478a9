"""Each kind of change that breaks a client is found, and none that does not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.api.breaking import breaking
from tests.api.generated import generated

Json = dict[str, Any]
SUBMISSIONS = "/intake/v1/submissions"


def _schema(document: Json, name: str) -> Json:
    found: Json = document["components"]["schemas"][name]
    return found


def _member(document: Json, schema: str, member: str) -> Json:
    found: Json = _schema(document, schema)["properties"][member]
    return found


def _parameter(document: Json, name: str) -> Json:
    listing = document["paths"][SUBMISSIONS]["get"]["parameters"]
    return next(each for each in listing if each["name"] == name)


def _new_parameter(document: Json, *, required: bool) -> None:
    parameter = {"name": "office", "in": "query", "required": required, "schema": {"type": "string"}}
    document["paths"][SUBMISSIONS]["get"]["parameters"].append(parameter)


def _without_parameter(document: Json) -> None:
    document["paths"][SUBMISSIONS]["get"]["parameters"].remove(_parameter(document, "limit"))


def _text_plain(document: Json) -> None:
    content = document["paths"][SUBMISSIONS]["get"]["responses"]["200"]["content"]
    content["text/plain"] = content.pop("application/json")


def _renamed_path(document: Json) -> None:
    document["paths"]["/intake/v1/filings"] = document["paths"].pop(SUBMISSIONS)


BREAKS: dict[str, tuple[Callable[[Json], Any], str]] = {
    "operation removed": (lambda d: d["paths"]["/intake/v1/drafts/{draft_id}"].pop("delete"), "delete_draft"),
    "path renamed": (_renamed_path, "submit: POST"),
    "operation renamed": (lambda d: d["paths"][SUBMISSIONS]["post"].update(operationId="file"), "is called file"),
    "new required member": (lambda d: _schema(d, "Return")["required"].append("office"), "office is required"),
    "member required": (lambda d: _schema(d, "PartyRegistration")["required"].append("contact"), "contact is required"),
    "request member removed": (
        lambda d: _schema(d, "PartyRegistration")["properties"].pop("contact"),
        "contact is gone",
    ),
    "answer member removed": (lambda d: _schema(d, "SubmissionView")["properties"].pop("act_on"), "act_on is gone"),
    "answer member optional": (lambda d: _schema(d, "SubmissionRow")["required"].remove("state"), "may be absent"),
    "answer type changed": (lambda d: _member(d, "SubmissionRow", "state").update(type="integer"), "type ['integer']"),
    "answer type widened": (
        lambda d: _member(d, "SubmissionRow", "case_id")["anyOf"].append({"type": "integer"}),
        "integer is not among",
    ),
    "request enum narrowed": (lambda d: _member(d, "PartyRegistration", "kind").update(enum=["unit"]), "values"),
    "request bound narrowed": (lambda d: _member(d, "PartyRegistration", "name").update(maxLength=9), "maxLength"),
    "request pattern": (lambda d: _member(d, "PartyRegistration", "jurisdiction").update(pattern="^33"), "pattern"),
    "status removed": (lambda d: d["paths"][SUBMISSIONS]["post"]["responses"].pop("409"), "409 is answered no more"),
    "media type changed": (_text_plain, "no longer application/json"),
    "parameter required": (lambda d: _new_parameter(d, required=True), "office is required"),
    "parameter removed": (_without_parameter, "limit is gone"),
    "parameter narrowed": (lambda d: _parameter(d, "limit")["schema"].update(maximum=20), "maximum"),
    "header removed": (
        lambda d: d["paths"][SUBMISSIONS]["post"]["responses"]["201"]["headers"].pop("Location"),
        "no header Location",
    ),
    "body required": (
        lambda d: d["paths"][SUBMISSIONS]["get"].update(requestBody={"required": True, "content": {}}),
        "needs a body",
    ),
    "security removed": (lambda d: d["paths"][SUBMISSIONS]["get"].update(security=[{"Other": []}]), "not enough"),
}
ADDS: dict[str, Callable[[Json], Any]] = {
    "optional request member": lambda d: _schema(d, "Return")["properties"].update(office={"type": "string"}),
    "answer member": lambda d: _schema(d, "SubmissionRow")["properties"].update(office={"type": "string"}),
    "operation": lambda d: d["paths"].update({"/intake/v1/filings": d["paths"][SUBMISSIONS]}),
    "optional parameter": lambda d: _new_parameter(d, required=False),
    "wider request enum": lambda d: _member(d, "PartyRegistration", "kind")["enum"].append("organ"),
    "wider request bound": lambda d: _member(d, "PartyRegistration", "name").update(maxLength=900),
    "words": lambda d: d["info"].update(description="另外的说明"),
    "problem": lambda d: d["paths"][SUBMISSIONS]["get"]["responses"].update({"425": {"description": "过早"}}),
    "known value": lambda d: _member(d, "SubmissionRow", "state")["x-known-values"].append("transferred"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_what_breaks_a_client_is_found(kind: str) -> None:
    change, words = BREAKS[kind]
    after = deepcopy(generated()["intake"])
    change(after)
    found = breaking(generated()["intake"], after)
    assert any(words in line for line in found), found


@pytest.mark.parametrize("kind", ADDS)
def test_what_only_adds_breaks_nothing(kind: str) -> None:
    after = deepcopy(generated()["intake"])
    ADDS[kind](after)
    assert after != generated()["intake"]
    assert breaking(generated()["intake"], after) == []
