"""A PostgreSQL of our own on 127.0.0.1, with a password, durable, and gone when we are gone.

It runs as we do; when that is root, as an unprivileged account. No permission outside the cluster is ever changed.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from rongcuo.embedded.binaries import account_for, programs
from rongcuo.embedded.process import (
    ServerFailed,
    another_port,
    end_leftover,
    free_port,
    is_free,
    start_process,
    stop_process,
    tail,
)

_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
_OPTIONS = ("-c", "max_connections=200")
_START_S = 300  # recovery after a crash takes as long as the log since the last checkpoint
_STOP_S = 60


class Postgres:
    """One PostgreSQL on the cluster in `cluster`: `with Postgres(…) as server: server.dsn`.

    The caller holds the lock of the data directory. `port` is a wish: if it is taken, another one is used and
    `port_note` says so. `bin_dir` holds the programs of another PostgreSQL (≥ 15) than that of the wheel, `options`
    are those of the server.
    """

    def __init__(
        self,
        cluster: Path,
        *,
        password: str,
        log: Path,
        port: int | None = None,
        bin_dir: Path | None = None,
        options: Sequence[str] = _OPTIONS,
    ) -> None:
        self.cluster = cluster.absolute()
        self.port = port or 0
        self.port_note: str | None = None
        self._password = password
        self._log = log
        self._programs = programs(bin_dir)
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def dsn(self) -> str:
        """The administrator's DSN."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    @property
    def version(self) -> str:
        """What the program says of itself, for example `postgres (PostgreSQL) 18.6`."""
        command = [str(self._programs / "postgres"), "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Make the cluster if there is none, end what a crash left behind, and return when connections are taken."""
        self.stop()
        self._log.touch(mode=0o600)
        account = account_for(self.cluster)
        if not self.cluster.exists():
            self._make_cluster(account)
        self._end_leftover()
        self._choose_port()
        deadline = time.monotonic() + _START_S
        while not self._started(account, deadline):
            pass

    def stop(self) -> None:
        """End every session, write a checkpoint and stop (fast shutdown)."""
        if self._process is not None:
            stop_process(self._process, signal.SIGINT, signal.SIGQUIT, patience_s=_STOP_S)
            self._process = None

    def _make_cluster(self, account: pwd.struct_passwd | None) -> None:
        draft = self.cluster.with_name(self.cluster.name + ".new")  # a start that is cut short leaves no half cluster
        shutil.rmtree(draft, ignore_errors=True)
        password = draft / "password"
        for folder in (draft, draft / "cluster"):
            folder.mkdir(mode=0o700)
        password.touch(mode=0o600)
        password.write_text(self._password)
        if account:
            for path in (draft, draft / "cluster", password):
                os.chown(path, account.pw_uid, account.pw_gid)
        here = _seen_from_inside(draft / "cluster")
        options = ["--no-sync", "--locale=C.UTF-8", "--encoding=UTF8", "--username=postgres", "--auth=scram-sha-256"]
        self._run(
            [self._programs / "initdb", f"--pgdata={here}", f"--pwfile={here}/../password", *options], account, draft
        )
        (draft / "cluster").rename(self.cluster)
        shutil.rmtree(draft)

    def _run(self, command: list[str | Path], account: pwd.struct_passwd | None, draft: Path) -> None:
        start = self._log.stat().st_size
        process = start_process(
            command,
            directory=draft / "cluster",
            log=self._log,
            environment=_ENVIRONMENT,
            death_signal=signal.SIGKILL,
            account=account,
        )
        if process.wait() != 0:
            raise ServerFailed(f"initdb failed:\n{tail(self._log, start)}")

    def _end_leftover(self) -> None:
        """Stop a server that outlived us; what has its pid then is a corpse or something else, and no obstacle.

        PostgreSQL still refuses by itself while any process of the old server holds the cluster's shared memory.
        """
        lock = self.cluster / "postmaster.pid"
        pid = _pid_in(lock)
        if pid is not None and Path(f"/proc/{pid}").exists():
            end_leftover(pid, self.cluster, signal.SIGINT, signal.SIGQUIT, patience_s=_STOP_S)
            lock.unlink(missing_ok=True)

    def _choose_port(self) -> None:
        if not self.port:
            self.port = free_port()
        elif not is_free(self.port):
            self._take_another_port()

    def _take_another_port(self) -> None:
        self.port, self.port_note = another_port("PostgreSQL", self.port)

    def _started(self, account: pwd.struct_passwd | None, deadline: float) -> bool:
        start = self._log.stat().st_size
        here = _seen_from_inside(self.cluster)
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", "", *self._options]
        self._process = start_process(
            [self._programs / "postgres", "-D", here, *options],
            directory=self.cluster,
            log=self._log,
            environment=_ENVIRONMENT,
            death_signal=signal.SIGINT,
            account=account,
        )
        while self._process.poll() is None and time.monotonic() < deadline:
            if _is_ready(self.cluster / "postmaster.pid", self._process.pid):
                return True
            time.sleep(0.02)
        self.stop()
        self._judge(tail(self._log, start), deadline)
        return False

    def _judge(self, said: str, deadline: float) -> None:
        """Prepare another try, or raise ServerFailed when another try would end alike."""
        if time.monotonic() < deadline and "Address already in use" in said:
            self._take_another_port()
        elif time.monotonic() < deadline and "pre-existing shared memory block" in said:
            time.sleep(0.1)  # children of a killed server notice its end and leave
        else:
            raise ServerFailed(f"PostgreSQL did not start on {self.cluster}:\n{said}")


def _seen_from_inside(directory: Path) -> str:
    """Return a name of `directory` for a process that stands in it and may not walk there through its parents."""
    return "/proc/self/cwd" if sys.platform == "linux" else str(directory)


def _pid_in(lock: Path) -> int | None:
    try:
        return int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _is_ready(lock: Path, pid: int) -> bool:
    """Tell whether the server says, in the last line of its lock file, that it takes connections (as pg_ctl does)."""
    with suppress(FileNotFoundError):
        lines = lock.read_text().splitlines()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
    return False
