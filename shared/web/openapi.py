"""The OpenAPI document of a service: FastAPI's own, with every problem that an operation can answer and its example."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.web.authentication import SCHEME
from shared.web.catalogue import catalogue
from shared.web.problems import MEDIA_TYPE, Problem, ProblemBody

_EVERY = (
    "query-parameter-unknown",
    "query-parameter-repeated",
    "token-missing",
    "token-invalid",
    "token-expired",
    "role-not-permitted",
    "internal-error",
    "log-unavailable",
)
_COMMAND = (
    "header-invalid",
    "idempotency-key-missing",
    "idempotency-key-invalid",
    "idempotency-key-reused",
    "log-overloaded",
    "log-stopped",
)
_MATCH = ("if-match-invalid", "etag-stale")
_BODY = (
    "json-malformed",
    "body-too-large",
    "content-type-unsupported",
    "content-invalid",
    "character-forbidden",
    "text-too-long",
    "content-too-large",
)
_LIST = ("query-parameter-invalid", "cursor-invalid", "read-after-invalid", "read-model-behind")
_DETAIL = ("query-parameter-invalid", "query-parameters-exclusive")
_EXAMPLE_TRACE = "0190f1c0-0000-7000-8000-000000000000"
_METHODS = ("get", "put", "post", "patch", "delete")


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document, with the component `Problem` and the problems of every operation."""
    spec = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    components = spec.setdefault("components", {})
    components["securitySchemes"] = {SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {}) | {"Problem": schema}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                _add_problems(path, method, operation)
                _require_headers(operation)
    return spec


def _require_headers(operation: dict[str, Any]) -> None:
    """Say that a command needs its headers; they are checked by hand, so that each lack has its own problem."""
    needed = {"Idempotency-Key"} if "201" in operation["responses"] else {"Idempotency-Key", "If-Match"}
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    for parameter in operation.get("parameters", ()):
        if "Idempotency-Key" in names and parameter["name"] in needed:
            parameter["required"] = True


def _add_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    if method != "get":
        responses["409"] = {"description": "状态不允许，代码见 /problems", "content": {MEDIA_TYPE: _content()}}
    for code in _codes(path, operation):
        status = str(catalogue()[code].status)
        answer = responses.setdefault(status, {"description": "", "content": {MEDIA_TYPE: _content()}})
        entry = catalogue()[code]
        answer["content"][MEDIA_TYPE]["examples"][code] = {
            "summary": entry.title_zh,
            "value": Problem(code).body("zh", _EXAMPLE_TRACE).model_dump(mode="json", exclude_none=True),
        }
        answer["description"] = "；".join(filter(None, (answer["description"], entry.title_zh)))


def _content() -> dict[str, Any]:
    return {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}


def _codes(path: str, operation: dict[str, Any]) -> list[str]:
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    codes = [*_EVERY]
    codes += ["not-found"] * ("{" in path)
    codes += _BODY * ("requestBody" in operation)
    codes += _LIST * ("cursor" in names)
    codes += _DETAIL * ("as_of" in names)
    codes += _MATCH * ("If-Match" in names)
    if "Idempotency-Key" in names:
        creates = "201" in operation["responses"]
        codes += [*_COMMAND, "version-contended" if creates else "if-match-missing"]
    return codes
