"""The AsyncAPI document as one page of tables, Chinese first; it needs no script and nothing from elsewhere."""

from collections.abc import Iterable
from functools import cache
from html import escape
from typing import Any

from rongcuo.asyncapi.document import document

_STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em;line-height:1.5}"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}"
    "th,td{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}th{background:#f0f0f0}"
)
_ACTIONS = {"send": "发送 send", "receive": "接收 receive"}


@cache
def page() -> str:
    """Return the page (HTML)."""
    told = document()
    title = escape(told["info"]["title"])
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<h1>{title}</h1><p>AsyncAPI {told['asyncapi']} · {told['info']['version']} · "
        f'<a href="/asyncapi.json">asyncapi.json</a></p>{_paragraphs(told["info"]["description"])}'
        f"{_servers(told)}{_channels(told)}{_operations(told)}{_headers(told)}{_messages(told)}</body></html>"
    )


def _servers(told: dict[str, Any]) -> str:
    rows = [
        (name, server["protocol"], server["host"], server["description"]) for name, server in told["servers"].items()
    ]
    return "<h2>服务器 Servers</h2>" + _table(("名称 name", "协议 protocol", "地址 host", "说明"), rows)


def _channels(told: dict[str, Any]) -> str:
    rows = [
        (name, channel["address"], str(channel["bindings"]["kafka"]["partitions"]), channel["description"])
        for name, channel in told["channels"].items()
    ]
    return "<h2>主题 Channels</h2>" + _table(("日志 log", "地址 address", "分区 partitions", "说明"), rows)


def _operations(told: dict[str, Any]) -> str:
    rows = [
        (
            name,
            _ACTIONS[operation["action"]],
            _last(operation["channel"]),
            "、".join(_last(message) for message in operation["messages"]),
            _group(operation),
        )
        for name, operation in told["operations"].items()
    ]
    heads = ("操作 operation", "方向 action", "日志 log", "消息 messages", "消费组 group")
    return "<h2>操作 Operations</h2>" + _table(heads, rows)


def _headers(told: dict[str, Any]) -> str:
    return "<h2>消息头 Headers</h2>" + _members(told["components"]["schemas"]["Headers"])


def _messages(told: dict[str, Any]) -> str:
    parts = []
    for name, message in told["components"]["messages"].items():
        key = escape(message["bindings"]["kafka"]["key"]["pattern"])
        parts.append(f'<h3 id="{name}">{escape(message["title"])} {name}</h3><p>{escape(message["summary"])}</p>')
        parts.append(f"{_paragraphs(message['payload'].get('description', ''))}<p>键 key: <code>{key}</code></p>")
        parts.append(_members(message["payload"]) if "properties" in message["payload"] else "")
    return "<h2>消息 Messages</h2>" + "".join(parts)


def _members(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (name, _type(member), "是" if name in required else "否", member.get("description", ""))
        for name, member in schema["properties"].items()
    ]
    return _table(("成员 member", "类型 type", "必有 required", "说明"), rows)


def _type(member: dict[str, Any]) -> str:
    """Return the type of a member in a few words: `string (uuid) | null`, `array of string`, `string = "1.0"`."""
    if "anyOf" in member:
        return " | ".join(_type(each) for each in member["anyOf"])
    if "$ref" in member:
        return _last(member)
    word = str(member.get("type", ""))
    if word == "array":
        return f"array of {_type(member['items'])}"
    detail = member.get("format") or member.get("pattern") or member.get("contentMediaType")
    return f'{word} = "{member["const"]}"' if "const" in member else f"{word} ({detail})" if detail else word


def _group(operation: dict[str, Any]) -> str:
    bindings = operation.get("bindings")
    return str(bindings["kafka"]["groupId"]["enum"][0]) if bindings else ""


def _last(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part)
