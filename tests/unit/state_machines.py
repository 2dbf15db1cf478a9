"""Writes docs/state-machines.md out of the machines that the tests run: `python -m tests.unit.state_machines`."""

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.kernel.events import Event
from tests.unit.adjudication.test_tolerance_case import MACHINE as TOLERANCE_CASE
from tests.unit.archive.test_dossier import MACHINE as DOSSIER
from tests.unit.archive.test_erasure import MACHINE as ERASURE
from tests.unit.archive.test_legal_hold import MACHINE as LEGAL_HOLD
from tests.unit.intake.test_party import MACHINE as PARTY
from tests.unit.intake.test_report import MACHINE as REPORT
from tests.unit.intake.test_standing import MACHINE as STANDING
from tests.unit.intake.test_submission import MACHINE as SUBMISSION
from tests.unit.intake.test_unmasking import MACHINE as UNMASKING
from tests.unit.machines import Machine
from tests.unit.notification.test_notice import MACHINE as NOTICE

DOCUMENT = Path(__file__).parents[2] / "docs/state-machines.md"
MACHINES = (PARTY, SUBMISSION, REPORT, UNMASKING, STANDING, TOLERANCE_CASE, DOSSIER, ERASURE, LEGAL_HOLD, NOTICE)
HEAD = """\
# 状态机 State machines

每个聚合一节：命令在每个状态下的结果，以及它的事件。本文件由测试所运行的状态机生成
(`python -m tests.unit.state_machines`),测试核对两者一致，所以图与代码不会分家。

One section per aggregate: what every command does in every state, and its events. Generated from the machines that
the tests run, and compared with them by a test.

结果 Result: `→ state` 进入该状态 leads there · `✓` 产生事件而状态不变 facts, same state · `=` 无事可做 nothing to do ·
其余为拒绝代码 otherwise the code of the refusal (`/problems/<code>`). `none` 表示尚不存在 does not exist yet.
`reported(X)` 表示报告引用了 8+X 的 X a report that names the open class. 重复同一命令一律不产生事件
a repeated command never yields an event.

事件 Events: `leads_to`, `sets`, `appends_to` 即 are those of `GET /{service}/v1/event-types`.
公开 public 的事件是服务之间的契约 is a contract between services.
"""


def document() -> str:
    """Return the whole document."""
    return "\n".join([HEAD, *map(_section, MACHINES)])


def _section(machine: Machine) -> str:
    commands = [[f"`{name}`", _said(type(command))] for name, command in machine.commands.items()]
    results = [[f"`{name}`", f"`{result}`", before] for name, result, before in machine.rows()]
    return "\n".join(
        [
            f"## {machine.title}\n",
            _table(("命令 command", "含义 meaning"), commands),
            _table(("命令 command", "结果 result", "所处状态 in states"), results),
            _table(("事件 event", "公开 public", "leads_to", "sets", "appends_to"), _events(machine)),
        ]
    )


def _events(machine: Machine) -> list[list[str]]:
    return [_event(event) for event in machine.decider.codec.types.values()]


def _event(event: type[Event]) -> list[str]:
    sets = ", ".join(f"`{name}`" for name in event.sets)
    return [
        f"`{event.__name__}` {_said(event)}",
        "✓" if event.public else "",
        f"`{event.leads_to}`" if event.leads_to else "",
        sets,
        f"`{event.appends_to}`" if event.appends_to else "",
    ]


def _said(kind: type) -> str:
    """Return what stands before the first colon, comma or stop of a docstring: the Chinese term."""
    line = (inspect.getdoc(kind) or "").splitlines()[0]
    return min((line.split(mark)[0] for mark in (":", ",", ".", ";")), key=len)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
