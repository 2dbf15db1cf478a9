"""A measurement says what it ran on, and does not begin where a commit is not durable."""

import re
from pathlib import Path

import pytest

from bench.conditions import DURABLE, Unsuitable, conditions, durable, file_system, fsync_micros, on_disk
from bench.store.port import Servers


def test_a_server_with_its_defaults_is_durable(servers: Servers) -> None:
    kind = file_system(servers.directory)
    if kind in {"tmpfs", "ramfs"}:
        with pytest.raises(Unsuitable, match=kind):
            conditions(servers.directory, servers.postgres.dsn)
        return
    found = conditions(servers.directory, servers.postgres.dsn)
    assert {name: found[name] for name in DURABLE} == dict.fromkeys(DURABLE, "on")
    assert found["file system"] == kind
    assert found["PostgreSQL"] in servers.postgres.version
    assert re.fullmatch(r"[0-9a-f]{40}\+?|unknown", found["commit"])


@pytest.mark.parametrize("name", DURABLE)
def test_a_server_that_may_forget_is_refused(name: str) -> None:
    with pytest.raises(Unsuitable, match=name):
        durable({**dict.fromkeys(DURABLE, "on"), name: "off"})


def test_memory_is_no_disk() -> None:
    assert file_system(Path("/proc/self")) == "proc"
    assert on_disk("ext4") == "ext4"
    with pytest.raises(Unsuitable, match="TMPDIR"):
        on_disk("tmpfs")


def test_a_sync_takes_time(tmp_path: Path) -> None:
    assert fsync_micros(tmp_path) > 0
