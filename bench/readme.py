"""`python -m bench readme`: writes the ratios that the README quotes from the results, and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

from bench.report import RESULTS

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
UNMEASURED = "尚未测量"


@dataclass(frozen=True)
class Quoted:
    """A ratio of a report, by its name's beginning; `{}` in the labels stands for the rest, the peer that was best."""

    report: str
    ratio: str
    chinese: str
    english: str
    less_is_better: bool = False


QUOTED = (
    Quoted(
        "store",
        "append 1 event, 32 callers, new streams: ours / eventsourcing (safe)",
        "追加事件，32 个并发：本日志 ÷ eventsourcing 默认(安全)模式",
        "appends per second, 32 callers, to eventsourcing's safe default",
    ),
    Quoted(
        "store",
        "append 1 event, 32 callers, new streams: ours / best peer that misses nothing",
        "同上：本日志 ÷ 不漏事件者中最快的{}",
        "to the fastest peer that misses nothing{}",
    ),
    Quoted(
        "store",
        "replay decoded / plain asyncpg paging",
        "重放为事件对象 ÷ 只用 asyncpg 翻页",
        "replay into event objects to plain asyncpg paging",
    ),
    Quoted(
        "store",
        "10 M / 10 k events: p50",
        "表中 1000 万事件 ÷ 1 万事件：追加耗时 p50(越小越好)",
        "append p50 with 10 M events to 10 k (less is better)",
        less_is_better=True,
    ),
    Quoted(
        "store",
        "10 M / 10 k events: p99",
        "同上：p99(越小越好)",
        "its p99 (less is better)",
        less_is_better=True,
    ),
    Quoted(
        "bus",
        "relay / txoutbox, messages per second",
        "日志发往 Kafka:中继 ÷ txoutbox",
        "log to Kafka, relay to txoutbox",
    ),
    Quoted(
        "bus",
        "commit to another service's read model / idle raw Kafka round trip, p99",
        "自提交至另一服务的读模型 ÷ 空闲时 Kafka 裸往返，p99(越小越好)",
        "commit to another service's read model to an idle raw Kafka round trip, p99 (less is better)",
        less_is_better=True,
    ),
    Quoted(
        "http",
        "32 callers, all three: requests/s, ours to bare",
        "HTTP 命令，32 个并发：本接口 ÷ 只做一次 INSERT 的裸接口",
        "commands over HTTP, 32 callers, to a bare endpoint with one INSERT",
    ),
)


def write(readme: Path = README, results: Path = RESULTS) -> None:
    """Put the block between the README's markers."""
    text = readme.read_text()
    readme.write_text(text.replace(block_of(text), block(results)))


def block_of(text: str) -> str:
    """Return what stands between the markers, with them; raises ValueError without them."""
    return text[text.index(BEGIN) : text.index(END) + len(END)]


def block(results: Path = RESULTS) -> str:
    """Return the table in Chinese and the line in English; a report that is not there is said to be missing."""
    rows, english = [], []
    for quoted in QUOTED:
        path = results / f"{quoted.report}.json"
        if not path.is_file():
            rows.append(f"| {quoted.chinese.format('')} | {UNMEASURED} | {quoted.report} |")
            english.append(f"{quoted.english.format('')}: not measured yet")
            continue
        rest, value = _found(json.loads(path.read_text())["ratios"], quoted.ratio)
        number = quote(value, less_is_better=quoted.less_is_better)
        source = f"[{quoted.report}](bench/results/{quoted.report}.md):`{quoted.ratio}{rest}`"
        rows.append(f"| {quoted.chinese.format(rest)} | {number} | {source} |")
        english.append(f"{quoted.english.format(rest)}: {number}")
    head = ["| 同机轮流测量 | 比值 | 出处 |", "|---|---|---|"]
    return "\n".join([BEGIN, *head, *rows, "", f"In English: {'; '.join(english)}.", END])


def quote(value: float, *, less_is_better: bool) -> str:
    """Return the ratio, rounded so that it never looks better than it was measured."""
    exact = Decimal(str(value))
    step = Decimal("0.1") if exact >= 2 else Decimal("0.01")
    return str(exact.quantize(step, ROUND_CEILING if less_is_better else ROUND_FLOOR))


def _found(ratios: Mapping[str, Any], name: str) -> tuple[str, float]:
    """Return the rest of the ratio's name and its value; raises KeyError unless exactly one begins so."""
    if name in ratios:
        return "", ratios[name]
    found = [(full.removeprefix(name), value) for full, value in ratios.items() if full.startswith(f"{name} (")]
    if len(found) != 1:
        raise KeyError(name)
    return found[0]
