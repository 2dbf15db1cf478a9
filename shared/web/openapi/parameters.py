"""What every operation takes beside its own: the purpose; a read the tag that is held; a command its headers."""

from typing import Any

from shared.kernel.purposes import PURPOSES
from shared.web.openapi.refusals import is_command

Json = dict[str, Any]


def _header(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


_PURPOSE = _header("Rongcuo-Purpose", "办理或查阅的目的：capabilities 的 purposes 中的一个代码。") | {
    "schema": {"type": "string", "x-known-values": list(PURPOSES)}
}
_HELD = _header("If-None-Match", "所持有的 ETag；内容没有变化即答 304。")


def complete_parameters(method: str, operation: Json) -> None:
    """Put in what the edge itself reads of a request, and say that a command needs its headers.

    These are checked by hand, so that each lack has its own problem.
    """
    given: list[Json] = operation.setdefault("parameters", [])
    is_body_read = method == "get" and "application/json" in operation["responses"]["200"].get("content", ())
    if is_body_read and all(parameter["name"] != _HELD["name"] for parameter in given):
        given.append({**_HELD})
    given.append({**_PURPOSE})
    if is_command(operation):
        needed = {"Idempotency-Key"} if "201" in operation["responses"] else {"Idempotency-Key", "If-Match"}
        for parameter in given:
            if parameter["name"] in needed:
                parameter["required"] = True
