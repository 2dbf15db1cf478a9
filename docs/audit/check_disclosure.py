#!/usr/bin/env python3
"""核对一项披露 · Check one disclosed text, with nothing but Python ≥ 3.9: `check_disclosure.py DISCLOSURE [EVENT]`.

DISCLOSURE is what GET …/disclosures/{version}/{field} answered; EVENT is the event itself as an auditor reads it
(one item of GET /<service>/v1/events). The recipe: docs/sealed-fields.md. Exit code 0: everything agrees; 1: something
differs; 2: these files cannot be checked; 3: text and digest agree, and nothing else was checked, for want of EVENT.
"""

# ruff: noqa: T201 - a program of its own for a court's or an auditor's machine
from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HASHES = {"A256GCM": "sha256", "SM4GCM": "sm3"}
HASHED = ("event_id", "log", "position", "recorded_at", "schema_version", "stream", "type", "version")
NAMED = ("event_id", "log", "stream", "type", "version")
SEALED = ("digest", "key", "label", "matter", "subject", "suite")
TEXTS = (*(set(NAMED) | set(SEALED)) - {"version"}, "event_hash", "field", "salt", "text")
STORED = (*set(HASHED) - {"position", "schema_version", "version"}, "payload", "metadata")
Json = dict[str, Any]


class Difference(Exception):
    """第一处不符 · The first thing that is not as it has to be."""


class Unusable(Exception):
    """文件无法核对 · A file that cannot be read, or is not what it has to be."""


def read(path: str, what: str, texts: tuple[str, ...], numbers: tuple[str, ...]) -> Json:
    """Return the JSON object in a file; raises Unusable unless it has these members."""
    try:
        document = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: 读不出 JSON cannot be read as JSON: {error}") from None
    if not isinstance(document, dict):
        raise Unusable(f"{path}: 不是{what}: 须为 JSON 对象 has to be a JSON object")
    for names, kind in ((texts, str), (numbers, int)):
        if wrong := sorted(name for name in names if type(document.get(name)) is not kind):
            raise Unusable(f"{path}: 不是{what}: 缺少或者类型不对 missing or of another type: {', '.join(wrong)}")
    return document


def check_text(disclosure: Json) -> None:
    """Salt and text give the digest: the text is the one that was sealed, if the envelope has this digest."""
    name = HASHES.get(disclosure["suite"])
    if name is None:
        raise Difference(f"suite {disclosure['suite']} 未知 unknown")
    try:
        hasher = hashlib.new(name)
    except ValueError:
        raise Difference(f"此 Python 没有 {name} · this Python has no {name}: use one with OpenSSL ≥ 3") from None
    salt = base64.urlsafe_b64decode(disclosure["salt"] + "=" * (-len(disclosure["salt"]) % 4))
    if len(salt) != 32:
        raise Difference("盐长度不符 the salt has not 32 bytes")
    hasher.update(salt + disclosure["text"].encode())
    if base64.urlsafe_b64encode(hasher.digest()).rstrip(b"=").decode() != disclosure["digest"]:
        raise Difference("摘要不符 salt and text do not give the digest")


def check_event(disclosure: Json, event: Json) -> None:
    """The event has the hash that the log commits to, and holds this digest at this place."""
    record = {name: event[name] for name in HASHED}
    for part in ("payload", "metadata"):
        record[f"{part}_sha256"] = hashlib.sha256(event[part].encode()).hexdigest()
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if hashlib.sha256(text.encode()).hexdigest() != disclosure["event_hash"]:
        raise Difference("事件哈希不符 the event has another hash")
    for name in NAMED:
        if event[name] != disclosure[name]:
            raise Difference(f"{name} 不符 differs")
    envelope = json.loads(event["payload"]).get(disclosure["field"])
    if not isinstance(envelope, dict) or any(envelope.get(name) != disclosure[name] for name in SEALED):
        raise Difference(f"事件的 {disclosure['field']} 不是该密封内容 is not this sealed text")


def main() -> int:
    """Check what the command line names, and say what was checked."""
    parser = argparse.ArgumentParser(description="核对一项披露 · Check one disclosed text.")
    parser.add_argument("disclosure", help="披露 what GET …/disclosures/{version}/{field} answered (JSON)")
    parser.add_argument("event", nargs="?", help="事件 the item of GET /<service>/v1/events with its event_id (JSON)")
    given = parser.parse_args()
    try:
        disclosure = read(given.disclosure, "披露 no disclosure", TEXTS, ("version",))
        event = given.event and read(given.event, "事件 no event", STORED, ("position", "schema_version", "version"))
        check_text(disclosure)
        if event:
            check_event(disclosure, event)
    except Unusable as wrong:
        print(f"无法核对 cannot be checked: {wrong}")
        return 2
    except (Difference, ValueError) as wrong:
        print(f"结论：不符 differs: {wrong}")
        return 1
    if not event:
        print(
            "结论：仅文字与摘要相符，未核对事件 only text and digest agree, the event was not checked: "
            f"日志中是否有此内容尚无证明 nothing proves yet that event {disclosure['event_id']} holds it"
        )
        return 3
    print("结论：相符 agrees")
    return 0


if __name__ == "__main__":
    sys.exit(main())
