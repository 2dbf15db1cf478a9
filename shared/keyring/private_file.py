"""Secret files: made once, whole and for the owner alone; a file that others may read is refused, not repaired."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

_OTHERS = 0o077


class PrivateFileRefused(Exception):
    """The file cannot be trusted with a secret; the message names the path and the reason, never the content."""


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the content of `path`; if there is no such file, what `make` gives becomes its content, with mode 0600.

    Of several processes that start at once, one makes the file and all read the same bytes. Raises PrivateFileRefused
    when group or others have any right to it.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _publish(path, make())
        return _read(path)


def check_private(path: Path) -> None:
    """Raise PrivateFileRefused when group or others have any right to `path`."""
    _check(path, path.stat().st_mode)


def replace_private(path: Path, content: bytes) -> None:
    """Put `content` in the place of what `path` holds, at once and durably, with mode 0600."""
    draft = _draft(path, content)
    try:
        draft.replace(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        _check(path, os.fstat(file.fileno()).st_mode)
        return file.read()


def _check(path: Path, mode: int) -> None:
    if mode & _OTHERS:
        raise PrivateFileRefused(f"{path}: group or others have rights to it; its mode must be 0600 or less")


def _publish(path: Path, content: bytes) -> None:
    """Write a draft beside `path`, then link it: the name appears with the whole content behind it, or not at all."""
    draft = _draft(path, content)
    try:
        os.link(draft, path)
        _sync(path.parent)
    except FileExistsError:
        return  # another process was first: its content stands
    finally:
        draft.unlink(missing_ok=True)


def _draft(path: Path, content: bytes) -> Path:
    """Write a file beside `path`, on the disk when this returns; a name of its own begins with a dot."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
