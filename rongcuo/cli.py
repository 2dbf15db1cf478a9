"""The command line: `rongcuo --help`."""

import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer
from pydantic import ValidationError

from rongcuo import installations, operations, serving
from rongcuo.credentials import credentials
from rongcuo.embedded.data import DataDirectoryRefused
from rongcuo.embedded.process import ServerFailed
from rongcuo.installations import BusName
from rongcuo.invocation import given_settings
from rongcuo.secrecy import erase, rotate_kek
from rongcuo.secrets import NotPrepared
from rongcuo.serving import NotFinished, NotListening
from shared.authz.configuration import ConfigurationRefused
from shared.authz.roles import Role
from shared.database.databases import ServiceName
from shared.database.schema import DatabaseRefused
from shared.eventstore.durability import UnsafeServer
from shared.eventstore.errors import LogStopped
from shared.hosting.installation import VERSION, DatabasesUnknown, Installation
from shared.kernel.ids import new_id
from shared.keyring.erasure_list import ErasureListUnreadable
from shared.keyring.pkcs11_service import TokenRefused, TokenUnavailable
from shared.keyring.private_file import PrivateFileRefused
from shared.messaging.acls import AclsRefused, read_acls
from shared.messaging.brokers import BrokersRefused
from shared.messaging.discard import NothingParked
from shared.messaging.producer import PublishFailed
from shared.messaging.recovery import RecoveryRefused
from shared.messaging.topics import TopicMismatch
from shared.settings import Settings, SettingsUnreadable, variable

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="容错纠错与澄清正名平台"
)
app.add_typer(operations.parked, name="parked")
_TOLD = (
    AclsRefused,
    BrokersRefused,
    ConfigurationRefused,
    DatabaseRefused,
    DatabasesUnknown,
    DataDirectoryRefused,
    ErasureListUnreadable,
    LogStopped,
    NotFinished,
    NotListening,
    NotPrepared,
    NothingParked,
    RecoveryRefused,
    PrivateFileRefused,
    PublishFailed,
    ServerFailed,
    SettingsUnreadable,
    TokenRefused,
    TokenUnavailable,
    TopicMismatch,
    UnsafeServer,
)
Bus = Annotated[
    BusName | None,
    typer.Option(
        help="local: the services read one another's logs; kafka: Apache Kafka. Default: kafka if it is given."
    ),
]


def main() -> None:
    """Run a command; what a user can mend is told in one line."""
    try:
        app()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            names = [variable(str(name)) if error.title == "Settings" else str(name) for name in fault["loc"]]
            typer.echo(": ".join(["rongcuo", *names, fault["msg"].removeprefix("Value error, ")]), err=True)
        raise SystemExit(2) from None
    except _TOLD as error:
        typer.echo(f"rongcuo: {error}", err=True)
        raise SystemExit(1) from None


@app.command()
def up(
    bus: Bus = None,
    host: str | None = None,
    port: int | None = None,
    data: Annotated[Path | None, typer.Option(help="Data directory.")] = None,
) -> None:
    """启动全部服务(单进程，自带数据库). Serve everything in one process, with a database of our own."""
    settings = given_settings(data=data, host=host, port=port)
    with installations.embedded(settings, bus) as embedded:
        serving.run(_up(embedded, settings))


async def _up(embedded: installations.Embedded, settings: Settings) -> None:
    from rongcuo.platform import application, prepare, workers
    from rongcuo.programs import PROGRAMS

    installation, names = embedded.installation, list(PROGRAMS)
    async with serving.until_signalled(settings.grace_s) as stop, AsyncExitStack() as opened:
        async with serving.starting(stop):
            await prepare(installation)
            running = await opened.enter_async_context(workers(installation, names))
        app_ = application(installation, names, running)
        parts: list[serving.Part] = [*running, embedded]
        await serving.serve(
            app_, parts, settings.host, settings.port, stop, _announce, settings.grace_s, sandbox=settings.sandbox
        )


@app.command()
def serve(
    service: ServiceName,
    role: Annotated[Literal["api", "worker", "all"], typer.Option(help="What this process does.")] = "all",
    host: str | None = None,
    port: int | None = None,
) -> None:
    """启动一个服务(数据库与消息服务由设置给出). Run one service on a given PostgreSQL and bus."""
    settings = given_settings(host=host, port=port)
    serving.run(_serve(installations.connected(settings), settings, service, role))


async def _serve(installation: Installation, settings: Settings, service: str, role: str) -> None:
    from rongcuo.platform import application, workers

    async with serving.until_signalled(settings.grace_s) as stop, AsyncExitStack() as opened:
        async with serving.starting(stop):
            working = [service] if role in {"worker", "all"} else []
            running = await opened.enter_async_context(workers(installation, working))
        app_ = serving.health(running) if role == "worker" else application(installation, [service], running)
        await serving.serve(
            app_, running, settings.host, settings.port, stop, _announce, settings.grace_s, sandbox=settings.sandbox
        )


@app.command()
def migrate(
    reset_passwords: Annotated[
        bool,
        typer.Option("--reset-passwords", help="Set those of roles that are there, too, from RONGCUO_ROLE_SECRET."),
    ] = False,
) -> None:
    """建库、迁移(数据库由 RONGCUO_DSN 给出). Make roles, databases and tables on a given PostgreSQL."""
    from rongcuo.platform import prepare_databases

    settings = given_settings()
    with installations.preparing(settings) as databases:
        asyncio.run(prepare_databases(databases, settings.start_s, reset_passwords=reset_passwords))
    typer.echo("migrate: ok")


@app.command()
def topics() -> None:
    """建立并核对 Kafka 主题. Make the topics, or check those that are there."""
    from rongcuo.platform import prepare_topics

    settings = given_settings()
    asyncio.run(prepare_topics(installations.brokers(settings), settings.start_s))
    typer.echo("topics: ok")


@app.command()
def asyncapi() -> None:
    """输出总线的 AsyncAPI 文档(JSON). Print the AsyncAPI document of the bus."""
    import json

    from rongcuo.asyncapi.document import document

    typer.echo(json.dumps(document(), ensure_ascii=False, indent=2))


@app.command()
def acls(
    file: Annotated[Path, typer.Argument(help="The list of rights, as in deploy/kafka/acls.csv.")],
) -> None:
    """按清单设置 Kafka 权限. Give Kafka's users the rights in a file, and take others from them."""
    from rongcuo.platform import prepare_acls

    settings = given_settings()
    changes = asyncio.run(prepare_acls(installations.brokers(settings), read_acls(file), settings.start_s))
    typer.echo(f"acls: {len(changes.given)} given, {len(changes.taken)} taken, {changes.standing} as they were")


@app.command()
def token(
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    jurisdiction: Annotated[
        list[str], typer.Option(help="GB/T 2260: 331123, or 331100* with all below; may be given several times.")
    ],
    subject: Annotated[str | None, typer.Option(help="Pseudonym of the caller; default: a new one.")] = None,
    organisation: str | None = None,
    party: Annotated[UUID | None, typer.Option(help="The party that the caller is.")] = None,
    minutes: float = 60,
    data: Annotated[Path | None, typer.Option(help="Data directory.")] = None,
) -> None:
    """签发开发用令牌. Issue an access token of the development issuer."""
    if strange := [code for code in jurisdiction if not re.fullmatch(r"[0-9]{6}\*?", code)]:
        raise typer.BadParameter(f"{strange[0]}: a jurisdiction is six digits (GB/T 2260), * behind them for all below")
    issuer = installations.development_issuer(given_settings(data=data))
    caller = subject or (f"person-{party}" if party else f"user-{new_id()}")
    typer.echo(
        issuer.token(
            roles=role,
            jurisdictions=jurisdiction,
            subject=caller,
            organisation=organisation,
            party=party,
            minutes=minutes,
        )
    )


@app.command()
def demo(
    bus: Bus = None,
    data: Annotated[Path | None, typer.Option(help="Keep the data here; default: a temporary directory.")] = None,
) -> None:
    """演示：经公开接口演完两个事项. Play two matters through the public API, and leave nothing running."""
    from rongcuo.demo.run import run

    run(given_settings(log_level="error"), bus, data)


@app.command()
def republish(service: ServiceName, from_position: Annotated[int, typer.Option("--from", min=0)] = 0) -> None:
    """从某位置起重新发布到 Kafka. Let the relay publish again from a position on; consumers drop what they know."""
    asyncio.run(operations.republish_log(installations.servers(given_settings()), service, from_position))
    typer.echo(f"republish: {service} from {from_position}")


@app.command()
def recover(
    service: ServiceName,
    reason: Annotated[str, typer.Option(help="A code in kebab-case, written into the event.")] = "restored-backup",
    look: Annotated[bool, typer.Option("--look", help="Compare log and topic only, change nothing.")] = False,
) -> None:
    """数据库落后于 Kafka 时，找回事件并恢复写入和发布. Restore what the log lost from Kafka, and open it again."""
    reached = installations.servers(given_settings())
    if look:
        seen = asyncio.run(operations.examine_log(reached, service))
        typer.echo(f"recover: {len(seen.missing)} events missing behind position {seen.head}, {seen.agreeing} agree")
        seen.check()
        return
    found = asyncio.run(operations.recover_log(reached, service, reason))
    typer.echo(f"recover: {len(found.missing)} events restored behind position {found.head}, {found.agreeing} agree")


@app.command()
def rebuild(service: ServiceName, model: str) -> None:
    """重建读模型(旧的继续服务，直到新的追上). Build a read model anew beside the one that serves."""
    asyncio.run(operations.rebuild_model(installations.servers(given_settings()), service, model))
    typer.echo(f"rebuild: {model} begun")


app.command()(credentials)
app.command()(rotate_kek)
app.command()(erase)


@app.command()
def version() -> None:
    """版本. Print the version."""
    typer.echo(VERSION)


def _announce(address: str) -> None:
    typer.echo(f"rongcuo: ready at {address}")
