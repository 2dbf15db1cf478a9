"""What an operator types: a new key-encryption key for everything, an approved erasure, another suite."""

import asyncio
from uuid import UUID

import asyncpg

from shared.kernel.ids import new_id
from shared.keyring.key_service import FileKeyService
from shared.settings import variable
from tests.erasure.conftest import NEEDLES, Matter
from tests.erasure.site import Site
from tests.erasure.test_restore import YEARS, approve, request, shown
from tests.story.processes import clean_environment, run_program


async def rongcuo(site: Site, *arguments: str) -> tuple[int, str]:
    """Run a command on the site's databases, with its secrets; return the exit code and what was told."""
    databases = site.databases
    given = {
        "data": str(site.place),
        "dsn": databases.admin_dsn,
        "database_prefix": databases.prefix,
        "role_prefix": databases.role_prefix,
        "role_secret": "0" * 64,
        "keyring_dsn": databases.dsn("keyring"),
        "archive_dsn": databases.dsn("archive"),
        "token_secret": "0" * 64,
    }
    environment = clean_environment(**{variable(name): value for name, value in given.items()})
    ran = await asyncio.to_thread(run_program, *arguments, environment=environment)
    return ran.returncode, ran.stdout + ran.stderr


async def test_every_text_opens_after_a_rotation_that_destroyed_the_old_key(matter: Matter) -> None:
    site = matter.site
    secrets = site.place / "secrets"
    secrets.mkdir(mode=0o700)
    (site.place / "kek").rename(secrets / "kek")
    old = (secrets / "kek").read_bytes()
    before = await site.logs()
    code, said = await rongcuo(site, "rotate-kek", "--new", "--forget-older")
    assert (code, said.count("rotate-kek: ")) == (0, 3), said
    assert "keys rewrapped under" in said
    assert [path.name for path in secrets.iterdir()] == ["kek"]
    assert (secrets / "kek").read_bytes() != old
    assert await site.logs() == before
    code, said = await rongcuo(site, "rotate-kek")
    assert (code, said.startswith("rotate-kek: 0 keys rewrapped")) == (0, True), said
    (secrets / "kek").rename(site.place / "kek")
    async with site.open(working=False) as people:
        text = await shown(people, matter)
        assert all(needle in text for needle in NEEDLES)


async def test_keys_that_nobody_can_move_are_counted_and_nothing_is_destroyed(matter: Matter) -> None:
    secrets = matter.site.place / "secrets"
    secrets.mkdir(mode=0o700)
    FileKeyService.at(secrets / "kek")  # another key than the one that wrapped everything
    (secrets / "kek.0000").write_bytes(b"o" * 32)
    (secrets / "kek.0000").chmod(0o600)
    code, said = await rongcuo(matter.site, "rotate-kek", "--forget-older")
    assert code == 1
    assert "keys are still under" in said
    assert (secrets / "kek.0000").exists()


async def test_an_erasure_is_carried_out_only_when_it_is_approved_and_due(matter: Matter) -> None:
    site = matter.site
    secrets = site.place / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "kek").write_bytes((site.place / "kek").read_bytes())
    (secrets / "kek").chmod(0o600)
    code, said = await rongcuo(site, "erase", str(new_id()))
    assert (code, "erase: erasure-unknown" in said) == (1, True), said
    site.later = YEARS
    async with site.open(working=False) as people:
        erasure = await request(people, matter)
        await approve(people, erasure)
    code, said = await rongcuo(site, "erase", str(UUID(erasure.rsplit("/", 1)[1])))  # by the clock of the machine
    assert (code, "erase: retention-running" in said) == (1, True), said


async def test_another_suite_is_for_new_keys_and_old_texts_stay_readable(matter: Matter) -> None:
    site = matter.site
    site.suite = "SM4GCM"
    async with site.open(working=False) as people:
        text = await shown(people, matter)
        assert all(needle in text for needle in NEEDLES)
        party = {"party_id": str(new_id()), "kind": "person", "jurisdiction": "331123", "name": "某戊"}
        created = await people.cast.officer.create("/intake/v1/parties", party)
        assert (await people.cast.auditor.get(created["href"]))["name"]["suite"] == "SM4GCM"
    site.suite = "A256GCM"
    async with site.open(working=False) as people:
        assert (await people.leader.get(created["href"]))["name"] == "某戊"
    connection = await asyncpg.connect(site.databases.admin("keyring"))
    suites = await connection.fetch("SELECT DISTINCT suite FROM keyring.data_keys ORDER BY 1")
    await connection.close()
    assert [row["suite"] for row in suites] == ["A256GCM", "SM4GCM"]
