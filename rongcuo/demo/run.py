"""`rongcuo demo`: everything from nothing in a temporary directory, the story through HTTP, the timeline, and away."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from rongcuo import installations
from rongcuo.demo.client import Json
from rongcuo.demo.story import Cast, Played, applicant, zhong
from rongcuo.embedded.process import free_port
from rongcuo.installations import BusName
from rongcuo.platform import application, prepare, workers
from rongcuo.programs import PROGRAMS
from rongcuo.serving import serve
from shared.authz.development import DevelopmentIssuer
from shared.hosting.installation import Installation
from shared.settings import Settings

STEPS = 11  # how often the two stories report progress
LABELS = {
    "PartyRegistered": "登记当事人",
    "SubmissionSubmitted": "提交",
    "SubmissionTaken": "确定承办(受理环节)",
    "SubmissionReturned": "退回补正",
    "HandlingNoted": "载明承办和回避",
    "SupplementRequested": "补正要求",
    "SubmissionResubmitted": "补正后重新提交",
    "SubmissionAccepted": "受理",
    "SubmissionCaseOpened": "获知已立案",
    "ToleranceInitiated": "立案",
    "InvestigationOpened": "开展调查核实",
    "OfficeAssigned": "确定承办部门",
    "AccessGranted": "阅卷授权",
    "InvestigationRecorded": "调查核实记录",
    "DefenceHeard": "听取申辩",
    "ReportFiled": "调查报告",
    "ToleranceConcluded": "作出认定",
    "ConclusionIssued": "认定意见",
    "HandlingRecorded": "承办载明",
    "FedBack": "反馈本人",
    "DossierOpened": "立卷",
    "PaperEntered": "材料归卷",
    "DossierEntrusted": "载明承办",
    "VolumeCompleted": "案结卷成",
    "NoticeIssued": "发出通知",
    "NoticeReceived": "本人签收",
}


def run(settings: Settings, bus: BusName | None, data: Path | None) -> None:
    """Play the demonstration and print it; raises what a step raises, so that the exit code tells."""
    console = Console()
    with _data(data) as directory:
        bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console)
        with bar:
            task = bar.add_task("准备数据库和服务", total=STEPS)

            def progress(step: str) -> None:
                bar.update(task, description=step, advance=1)

            chosen = settings.model_copy(update={"data": directory, "port": free_port()})
            with installations.embedded(chosen, bus) as embedded:
                feeds = asyncio.run(_play(embedded.installation, chosen, progress))
            bar.update(task, description="完成", completed=STEPS)
    _print_timeline(console, *feeds)


@contextmanager
def _data(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="rongcuo-demo-") as place:
        yield Path(place) / "data"


async def _play(
    installation: Installation, settings: Settings, progress: Callable[[str], None]
) -> tuple[Played, list[Json]]:
    await prepare(installation)
    stop, ready = asyncio.Event(), asyncio.Event()
    names = list(PROGRAMS)
    async with workers(installation, names) as running, asyncio.TaskGroup() as group:
        app = application(installation, names, running)
        group.create_task(serve(app, running, settings.host, settings.port, stop, lambda _: ready.set()))
        await ready.wait()
        base = dict.fromkeys(names, f"http://{settings.host}:{settings.port}")
        issuer = DevelopmentIssuer(settings.data / "secrets")
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            cast = Cast.assemble(http, base, issuer.token)
            played = await zhong(cast, progress)
            await applicant(cast, progress)
            feeds = [item for name in names for item in await _feed(cast, name)]
        stop.set()
    return played, feeds


async def _feed(cast: Cast, service: str) -> list[Json]:
    """Page a service's whole log, as an auditor does."""
    items: list[Json] = []
    after, head = 0, 1
    while after < head:
        page = await cast.auditor.get(f"/{service}/v1/events?after={after}&limit=1000")
        items += page["items"]
        after, head = page["next_after"], page["head"]
    return items


def _print_timeline(console: Console, played: Played, feed: list[Json]) -> None:
    ids = (played.party, played.submission, played.case, played.notice)
    told = sorted((item for item in feed if item["stream"].endswith(ids)), key=lambda item: item["recorded_at"])
    console.print("\n钟某一案的经过(日志 · 位置 · 事件 · 哈希):")
    for item in told:
        label = LABELS[item["type"]]
        console.print(
            f"{item['recorded_at'][11:23]}  {item['log']:<13}#{item['position']:<4}{label}  {item['hash'][:16]}",
            highlight=False,
        )
    console.print("一年后的回访：档案服务尚无回访功能，此处仅作记录。")
    streams = {item["stream"] for item in feed}
    counts = " ".join(f"{name}={sum(item['log'] == name for item in feed)}" for name in PROGRAMS)
    console.print(
        f"demo: ok · 事项 2 · 流 {len(streams)} · 事件 {len(feed)} ({counts})", highlight=False, soft_wrap=True
    )
