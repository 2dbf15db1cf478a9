#!/usr/bin/env python3
"""核对并重放事件日志 · Check and replay the event logs, with nothing but Python ≥ 3.9 and what the platform publishes.

How to use it: README.md beside this file. Nothing of the platform's code is used here, and nothing is written. What is
checked: docs/event-hash.md (hashes), GET /<service>/v1/event-types (how events are folded).
"""

# ruff: noqa: T201, S310, TID251 - a program of its own for an auditor's machine
from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

SERVICES = ("intake", "adjudication", "archive", "notification")
HASHED = ("event_id", "log", "position", "recorded_at", "schema_version", "stream", "type", "version")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NOT_FOLDED = {"id", "href"}
DERIVED = {"submissions": {"case"}}
MISSING = "(没有 missing)"
Json = dict[str, Any]


class Difference(Exception):
    """第一处不符 · The first thing that is not as it has to be."""


class Api:
    """One installation, read with an auditor's token."""

    def __init__(self, base: str, token: str) -> None:
        self.base, self.token = base.rstrip("/"), token

    def get(self, path: str) -> Json:
        request = urllib.request.Request(self.base + path, headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                document: Json = json.load(answer)
        except urllib.error.HTTPError as error:
            raise Difference(f"GET {path}: HTTP {error.code}") from None
        except (OSError, ValueError) as error:
            raise Difference(f"GET {path}: {error}") from None
        return document

    def events(self, service: str) -> Iterator[Json]:
        after, head = 0, 1
        while after < head:
            page = self.get(f"/{service}/v1/events?after={after}&limit=1000")
            yield from page["items"]
            if page["next_after"] <= after < page["head"]:
                raise Difference(f"{service} #{after + 1}: 缺失 the feed ends before its head {page['head']}")
            after, head = page["next_after"], page["head"]


def canonical(value: Any) -> str:
    """RFC 8785 for this profile: ASCII names, no floats, so sorting and leaving out white space is all."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def event_hash(event: Json) -> str:
    record = {name: event[name] for name in HASHED}
    record["payload_sha256"], record["metadata_sha256"] = digest(event["payload"]), digest(event["metadata"])
    return digest(canonical(record))


class Log:
    """Takes a service's events in their order, checks each against all before it, and folds every stream."""

    def __init__(self, service: str, types: Json) -> None:
        self.service = service
        self.types = {item["type"]: item for item in types["items"]}
        self.documents: dict[str, Json] = {}
        self.position = 0
        self.recorded_at = ""
        self.ids: set[str] = set()

    def take(self, event: Json) -> None:
        for wrong in self.wrongs(event):
            raise Difference(f"{self.service} #{event['position']} ({event['type']}): {wrong}")
        self.position, self.recorded_at = event["position"], event["recorded_at"]
        self.ids.add(event["event_id"])
        self.fold(event, json.loads(event["payload"]))

    def wrongs(self, event: Json) -> Iterator[str]:
        if event["log"] != self.service:
            yield f"日志名 log is {event['log']}"
        if event["position"] != self.position + 1:
            yield f"位置不连续 position {self.position + 1} expected"
        version = self.documents.get(event["stream"], {}).get("version", 0)
        if event["version"] != version + 1:
            yield f"版本不连续 version {version + 1} of {event['stream']} expected, found {event['version']}"
        if event["event_id"] in self.ids:
            yield f"事件编号重复 event id {event['event_id']} stands twice"
        if not INSTANT.fullmatch(event["recorded_at"]) or event["recorded_at"] < self.recorded_at:
            yield f"记录时间倒退 recorded_at {event['recorded_at']} before {self.recorded_at}"
        for part in ("payload", "metadata"):
            if not is_canonical(event[part]):
                yield f"字节不规范 {part} is not canonical JSON"
        if event_hash(event) != event["hash"]:
            yield "哈希不符 hash differs from the one recomputed"
        if event["type"] not in self.types:
            yield "事件类型未公布 type is not in the published table"

    def fold(self, event: Json, payload: Json) -> None:
        told = self.types[event["type"]]
        document = self.documents.setdefault(event["stream"], {"state": None, "version": 0})
        document["version"] += 1
        document["state"] = told["leads_to"] or document["state"]
        document.update({name: payload[name] for name in told["sets"]})
        if told["appends_to"]:
            document.setdefault(told["appends_to"], []).append(payload)


def is_canonical(text: str) -> bool:
    try:
        return canonical(json.loads(text, parse_float=no_float, parse_constant=no_float)) == text
    except ValueError:
        return False


def no_float(text: str) -> NoReturn:
    raise ValueError(text)


def replay(api: Api, service: str) -> Log:
    log = Log(service, api.get(f"/{service}/v1/event-types"))
    for event in api.events(service):
        log.take(event)
    return log


def compare(api: Api, path: str, log: Log) -> None:
    """Compare what the API shows of one thing with the fold of its stream."""
    collection, _, found_id = path.strip("/").partition("/v1/")[2].partition("/")
    found_id = found_id.strip("/").lower()
    named = collection.replace("-", "_")
    folded = None
    for stream, document in log.documents.items():
        category, _, stream_id = stream.partition("-")
        if stream_id == found_id and named.startswith(category[:-1]):  # party: parties, notice: notices
            folded = document
    if not found_id or folded is None:
        raise Difference(f"{path}: 日志中没有 no stream of this id in the log")
    shown = api.get(path)
    ignored = NOT_FOLDED | DERIVED.get(collection, set())
    for name in sorted((shown.keys() | folded.keys()) - ignored):
        if shown.get(name, MISSING) != folded.get(name, MISSING):
            raise Difference(f"{path}: {name}: 接口与重放不同 the API's answer differs from the replay")


def service_of(path: str) -> str:
    return path.strip("/").split("/")[0]


def read_token(options: argparse.Namespace) -> str:
    token = options.token_file.read_text() if options.token_file else os.environ.get("RONGCUO_TOKEN", "")
    if not token.strip():
        raise Difference("没有令牌 no token: --token-file FILE or the environment variable RONGCUO_TOKEN")
    return str(token).strip()


def run(options: argparse.Namespace) -> None:
    named = [service_of(path) for path in options.compare]
    api = Api(options.base, read_token(options))
    for service in dict.fromkeys([*(options.services or SERVICES), *named]):
        if service not in SERVICES:
            raise Difference(f"{service}: 没有这个服务 no such service")
        log = replay(api, service)
        print(f"{service}: 事件 {log.position} events, 流 {len(log.documents)} streams: 无误 ok", flush=True)
        for path in (path for path in options.compare if service_of(path) == service):
            compare(api, path, log)
            print(f"{path}: 与重放一致 equal to the replay", flush=True)


def different(where: str) -> int:
    print(f"结论:不符 · verdict: DIFFERENT\n  {where}")
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description="核对并重放事件日志 · Check and replay the event logs.")
    parser.add_argument("base", help="地址 address, for example http://127.0.0.1:8080")
    parser.add_argument("services", nargs="*", metavar="service", help=f"默认全部 default: {' '.join(SERVICES)}")
    parser.add_argument("--token-file", type=Path, help="令牌文件 file with the token; else RONGCUO_TOKEN")
    parser.add_argument("--compare", action="append", default=[], metavar="PATH", help="与接口比较 compare a resource")
    try:
        run(parser.parse_args())
    except Difference as difference:
        return different(str(difference))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return different(f"答复的形状不对 an answer is not of the published shape: {type(error).__name__} {error}")
    print("结论:全部相符 · verdict: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
