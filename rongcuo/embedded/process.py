"""Child processes that never outlive this one, and free ports for them."""

import contextlib
import ctypes
import logging
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class ServerFailed(RuntimeError):
    """A server did not start; the message ends with the last lines of its log."""


def start_process(
    command: Sequence[str | Path],
    *,
    directory: Path,
    log: Path,
    environment: Mapping[str, str],
    death_signal: signal.Signals,
    account: pwd.struct_passwd | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in `directory` with its output appended to `log`; `account` (root only) is who runs it.

    Linux sends `death_signal` to the child when this thread ends, however it ends: hence the main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("servers are started from the main thread: they end with the thread that started them")
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    with log.open("ab") as output:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # noqa: S603 - no shell, own paths
            [str(part) for part in command],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt at the terminal is for us: we stop our servers in order
            preexec_fn=_dies_with_parent(death_signal),  # noqa: PLW1509 - the main thread starts servers before others
            **identity,
        )


def stop_process(process: subprocess.Popen[bytes], *signals: signal.Signals, patience_s: float = 30) -> None:
    """Send the signals one after the other, then SIGKILL, each when the one before has not ended the process."""
    for each in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(each)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)


def end_leftover(pid: int, directory: Path, *signals: signal.Signals, patience_s: float = 30) -> None:
    """End a process that outlived its parent, if `pid` is one that works in `directory` (known on Linux only)."""
    for each in signals:
        deadline = time.monotonic() + patience_s
        if _works_in(pid, directory):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, each)
        while _works_in(pid, directory) and time.monotonic() < deadline:
            time.sleep(0.02)


def another_port(server: str, taken: int) -> tuple[int, str]:
    """Return a free port in the place of `taken`, and the line that says so, which is logged, too."""
    port = free_port()
    note = f"port {taken} is taken: {server} listens on {port}"
    logging.getLogger("rongcuo.embedded").warning(note)
    return port, note


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now; another process may still take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def tail(log: Path, start: int = 0, lines: int = 20) -> str:
    """Return the last lines that were written to `log` after byte `start`."""
    with log.open("rb") as file:
        file.seek(start)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def _works_in(pid: int, directory: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(directory)
    except OSError:
        return False


def _dies_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()  # loaded before the fork

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return in_child
