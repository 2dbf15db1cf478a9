"""What an operator does with keys: put all of them under a new key-encryption key, carry out an approved erasure."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import asyncpg
import typer

from rongcuo import installations
from rongcuo.embedded.data import DataDirectory
from rongcuo.invocation import given_settings
from rongcuo.secrets import NotPrepared, Secrets
from shared.database.databases import KEYRING
from shared.database.schema import await_database
from shared.eventstore.transact import Cause
from shared.hosting.installation import Servers
from shared.kernel.errors import Rejected
from shared.kernel.ids import new_id
from shared.kernel.metadata import system_actor
from shared.keyring.key_service import KeyService, begin_anew, forget_older
from shared.keyring.rotation import Rotated, rewrap_all
from shared.settings import Settings


def rotate_kek(
    new: Annotated[bool, typer.Option("--new", help="First make a new key in the data directory.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget-older", help="Then destroy the older keys of the data directory.")
    ] = False,
) -> None:
    """更换密钥加密密钥(服务不停，可重复执行). Put every data key under the current key-encryption key, online."""
    settings = given_settings()
    secrets = Secrets(settings, DataDirectory(settings.data))
    if new:
        typer.echo(f"rotate-kek: {begin_anew(_file(settings, secrets))} is the current key now")
    rotated = asyncio.run(_rotate(installations.servers(settings), secrets.key_service()))
    typer.echo(f"rotate-kek: {rotated.rewrapped} keys rewrapped under {rotated.kek_id}")
    for kek_id, count in rotated.left.items():
        typer.echo(f"rotate-kek: {count} keys are still under {kek_id}")
    if rotated.left:
        raise typer.Exit(1)
    if forget:
        path = _file(settings, secrets)
        for older in sorted(path.parent.glob(f"{path.name}.*")):
            forget_older(path, older.name.removeprefix(f"{path.name}."))
            typer.echo(f"rotate-kek: {older.name} is destroyed")


def erase(erasure_id: Annotated[UUID, typer.Argument(help="An erasure that two persons have approved.")]) -> None:
    """执行已核准的清除. Carry out an approved erasure from beginning to end; it skips no approval and no hold."""
    from services.archive import worker

    cause = Cause(actor=system_actor("operator"), correlation=new_id())
    try:
        erasure = asyncio.run(worker.erase(installations.connected(given_settings()), erasure_id, cause))
    except Rejected as refused:
        raise NotPrepared(f"erase: {refused.code}: {refused.detail}") from None
    done = erasure.completed
    typer.echo(f"erase: {len(done.keys) if done else 0} keys destroyed, {done.destroyed_at if done else ''}")


async def _rotate(reached: Servers, service: KeyService) -> Rotated:
    databases = reached.databases
    await await_database(reached.dsn(KEYRING), KEYRING)
    connection = await asyncpg.connect(databases.admin(KEYRING))
    try:
        await connection.execute(f'SET ROLE "{databases.role("owner")}"')
        return await rewrap_all(connection, service)
    finally:
        await connection.close()


def _file(settings: Settings, secrets: Secrets) -> Path:
    if settings.kek or settings.pkcs11:
        raise NotPrepared("the key-encryption key is given by the settings: change it there, then run this without")
    return secrets.data.key_encryption_key
