"""What every read takes and answers beside its own stands in its description, and nothing that it never answers."""

from collections.abc import Iterator
from typing import Any

from shared.kernel.purposes import PURPOSES
from tests.api.generated import generated

Json = dict[str, Any]
OF_WRITES = {"id-taken", "state-secret-refused", "jurisdiction-not-permitted", "not-permitted-here"}


def operations(*methods: str) -> Iterator[tuple[str, Json]]:
    """Yield the operations of all services, with path and name."""
    for document in generated().values():
        for path, described in document["paths"].items():
            for method, operation in described.items():
                if method in methods:
                    yield f"{path} {operation['operationId']}", operation


def parameters(operation: Json) -> dict[str, Json]:
    """Return the parameters of an operation by name."""
    return {parameter["name"]: parameter for parameter in operation["parameters"]}


def is_stream(operation: Json) -> bool:
    """Tell whether an operation has no bytes of which a tag could be made before they are sent."""
    return str(operation["operationId"]) == "stream_events"


def test_every_read_can_be_conditional() -> None:
    for name, operation in operations("get"):
        if not is_stream(operation):
            assert "If-None-Match" in parameters(operation), name
            assert {"ETag"} <= operation["responses"]["200"]["headers"].keys(), name
            assert {"ETag"} <= operation["responses"]["304"]["headers"].keys(), name


def test_a_stream_is_not_conditional() -> None:
    (stream,) = {
        operation["operationId"]: operation for _, operation in operations("get") if is_stream(operation)
    }.values()
    assert "If-None-Match" not in parameters(stream)
    assert "304" not in stream["responses"]


def test_every_operation_takes_a_purpose() -> None:
    for name, operation in operations("get", "post", "put", "delete"):
        purpose = parameters(operation)["Rongcuo-Purpose"]
        assert purpose["schema"]["x-known-values"] == list(PURPOSES), name
        assert not purpose.get("required"), name


def test_pages_of_changes_link_to_the_next_and_to_the_beginning() -> None:
    found = {name: told for name, told in operations("get") if told["operationId"].endswith("_changes")}
    assert found
    for name, operation in found.items():
        assert "Link" in operation["responses"]["200"]["headers"], name
        assert "Link" in operation["responses"]["410"]["headers"], name


def test_every_answer_to_a_known_caller_tells_his_budget() -> None:
    for name, operation in operations("get", "post", "put", "delete"):
        for status, answer in operation["responses"].items():
            told = {"RateLimit", "RateLimit-Policy"} & answer["headers"].keys()
            assert len(told) == (0 if status == "401" else 2), f"{name} {status}"


def test_no_read_names_what_only_writes_are_refused_for() -> None:
    for name, operation in operations("get"):
        named = {
            code
            for answer in operation["responses"].values()
            for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", ())
        }
        assert named & OF_WRITES == set(), name
        assert ("text-unavailable" in named) == operation["operationId"].startswith("disclose_"), name
        assert {"401", "403", "429", "500"} <= operation["responses"].keys(), name


def test_only_what_can_be_behind_takes_a_write_to_wait_for() -> None:
    waiting = {told["operationId"] for _, told in operations("get") if "Rongcuo-Read-After" in parameters(told)}
    lists = {told["operationId"] for _, told in operations("get") if told["operationId"].endswith("_changes")}
    assert waiting == lists | {name.removesuffix("_changes") for name in lists}
