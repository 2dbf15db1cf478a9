"""The documents keep the rules of OpenAPI and our own, and each rule of ours catches its mistake."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.api.generated import generated
from tests.api.spectral import lint

Json = dict[str, Any]
PATH = "/intake/v1/submissions"
ACCEPTANCE = f"{PATH}/{{submission_id}}/acceptance"


def test_spectral_finds_nothing() -> None:
    assert lint(generated()) == []


def _named(name: str) -> Callable[[Json], None]:
    return lambda document: document["paths"][PATH]["post"].update(operationId=name)


def _without_example(document: Json) -> None:
    del document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]["example"]


def _problem_as_json(document: Json) -> None:
    answer = document["paths"][PATH]["post"]["responses"]["409"]
    answer["content"]["application/json"] = answer["content"].pop("application/problem+json")


def _english_only(document: Json) -> None:
    document["paths"][PATH]["post"]["summary"] = "Submit"


def _unguarded(document: Json) -> None:
    del document["paths"][PATH]["post"]["security"]


def _anonymous_answer(document: Json) -> None:
    del document["paths"][PATH]["post"]["responses"]["201"]["headers"]["X-Request-Id"]


def _path_without_version(document: Json) -> None:
    document["paths"]["/submissions"] = document["paths"].pop(PATH)


MISTAKES = {
    "rongcuo-operation-id": _named("submitDraft"),
    "operation-operationId-unique": _named("accept_submission"),
    "rongcuo-example": _without_example,
    "rongcuo-problem": _problem_as_json,
    "rongcuo-chinese-summary": _english_only,
    "rongcuo-security": _unguarded,
    "rongcuo-request-id": _anonymous_answer,
    "rongcuo-path": _path_without_version,
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """What Spectral says of documents with one mistake each, all in one run of it."""
    planted = {}
    for rule, mistake in MISTAKES.items():
        planted[rule] = deepcopy(generated()["intake"])
        planted[rule]["paths"] = {path: planted[rule]["paths"][path] for path in (PATH, ACCEPTANCE)}
        mistake(planted[rule])
    said = lint(planted)
    return {rule: [line for line in said if line.startswith(f"{rule} ")] for rule in planted}


@pytest.mark.parametrize("rule", MISTAKES)
def test_a_planted_mistake_is_found(found: dict[str, list[str]], rule: str) -> None:
    assert any(f": {rule}: " in line for line in found[rule])
