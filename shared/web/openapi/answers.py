"""What the documents say of every answer: its headers, the answer to a dry run, 304, and the problems with examples."""

from collections.abc import Sequence
from typing import Any

from shared.web.catalogue import catalogue
from shared.web.desk import DryRun
from shared.web.openapi.refusals import is_command
from shared.web.problems import MEDIA_TYPE, Problem

Json = dict[str, Any]
TRACE = "0190f1c0-0000-7000-8000-000000000000"
HEADERS: Json = {
    name: {"description": description, "schema": {"type": kind}, "example": example}
    for name, description, kind, example in (
        ("X-Request-Id", "本次请求的编号，与问题文档中的 trace_id 相同。", "string", TRACE),
        ("ETag", "所读版本；作为 If-Match 或 If-None-Match 原样传回。", "string", '"v3"'),
        ("Location", "新建对象的地址。", "string", "/intake/v1/submissions/0190f1c0-0000-7000-8000-000000000002"),
        (
            "Link",
            "下一页 rel=next，最后一页没有；410 时从头开始 rel=start。",
            "string",
            '</intake/v1/submissions?cursor=Zk3>; rel="next"',
        ),
        ("Rongcuo-Read-After", "写入的位置；列表带上它即等到这次写入可见。", "string", "aW50YWtlOjQy"),
        ("Idempotent-Replayed", "true：同一请求此前已办理，这是第一次的应答。", "string", "true"),
        ("Retry-After", "多少秒后再试。", "integer", 2),
        ("WWW-Authenticate", "所需的认证方式（RFC 6750）。", "string", 'Bearer realm="rongcuo"'),
        ("Content-Language", "问题文档所用的语言。", "string", "zh-CN"),
        ("RateLimit-Policy", "本类请求的限额：每 w 秒 q 次；没有限额时没有。", "string", '"reads";q=6000;w=60'),
        ("RateLimit", "还剩 r 次，t 秒后又有。", "string", '"reads";r=5998;t=60'),
    )
}
_OF_STATUS = {"401": ("WWW-Authenticate",), "412": ("ETag",), "429": ("Retry-After",), "503": ("Retry-After",)}


def complete(operation: Json, codes: Sequence[str], schemas: Json) -> None:
    """Put the headers, the dry run, 304 and the problems `codes` into an operation."""
    responses: Json = operation["responses"]
    responses.pop("422", None)
    if is_command(operation):
        _add_dry_run(responses, schemas)
    if any(parameter["name"] == "If-None-Match" for parameter in operation.get("parameters", ())):
        responses.setdefault("304", {"description": "您持有的版本没有变化。"})
    for code in codes:
        _add_problem(responses, code)
    for status, answer in responses.items():
        named = _headers(operation, status, answer)
        answer.setdefault("headers", {}).update({name: {"$ref": f"#/components/headers/{name}"} for name in named})
    operation["responses"] = dict(sorted(responses.items()))


def problem_examples() -> Json:
    """Return one example for every problem code, in Chinese."""
    return {
        code: {
            "summary": entry.title_zh,
            "value": Problem(code).body("zh", TRACE).model_dump(mode="json", exclude_none=True),
        }
        for code, entry in catalogue().items()
    }


def _add_dry_run(responses: Json, schemas: Json) -> None:
    """A command that creates answers 201, its dry run 200; any other answers 200 with one of two bodies."""
    schemas.update(DryRun.model_json_schema(ref_template="#/components/schemas/{model}").pop("$defs"))
    schemas["DryRun"] = {
        name: value
        for name, value in DryRun.model_json_schema(ref_template="#/components/schemas/{model}").items()
        if name != "$defs"
    }
    planned = {"$ref": "#/components/schemas/DryRun"}
    if "200" not in responses:
        content = {"application/json": {"schema": planned}}
        responses["200"] = {"description": "试算（dry_run）：没有写入任何内容。", "content": content}
        return
    content = responses["200"]["content"]["application/json"]
    content["schema"] = {"anyOf": [content["schema"], planned]}
    responses["200"]["description"] = "已办理；dry_run 时为试算结果，没有写入任何内容。"


def _add_problem(responses: Json, code: str) -> None:
    entry = catalogue()[code]
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
    answer = responses.setdefault(str(entry.status), {"description": "", "content": {MEDIA_TYPE: content}})
    answer["content"][MEDIA_TYPE]["examples"][code] = {"$ref": f"#/components/examples/{code}"}
    answer["description"] = "；".join(filter(None, (answer["description"], entry.title_zh)))


def _headers(operation: Json, status: str, answer: Json) -> list[str]:
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    found = ["X-Request-Id", *_OF_STATUS.get(status, ())]
    if status != "401":  # whose budget it is, is known by the credential
        found += ["RateLimit-Policy", "RateLimit"]
    if MEDIA_TYPE in answer.get("content", ()):
        found.append("Content-Language")
    if status in ("200", "201") and is_command(operation):
        found += ["ETag", "Rongcuo-Read-After", "Idempotent-Replayed"]
    if status == "201":
        found.append("Location")
    if (status in ("200", "304") and "If-None-Match" in names) or (status == "200" and "If-Match" in names):
        found.append("ETag")
    if (status == "200" and names & {"cursor", "since"}) or status == "410":
        found.append("Link")
    if "version-contended" in answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", ()):
        found.append("Retry-After")
    return list(dict.fromkeys(found))
