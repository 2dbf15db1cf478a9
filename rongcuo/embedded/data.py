"""The data directory of the embedded shape: its layout, its secrets and its lock; only its owner may enter it."""

import fcntl
import os
import secrets
from pathlib import Path
from typing import Self

from shared.keyring.private_file import read_or_make

_SECRET_BYTES = 32


class DataDirectoryRefused(RuntimeError):
    """The directory is in use, belongs to somebody else, is open to others, or holds other things."""


class DataDirectory:
    """One data directory, locked while it is open: `with DataDirectory(path) as data`.

    `postgres/` and `kafka/` belong to the servers, `logs/` holds what they print, `secrets/` the files of mode 0600
    without which the data cannot be read: whoever copies the directory for a backup copies them, too.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.postgres = self.root / "postgres"
        self.kafka = self.root / "kafka"
        self.logs = self.root / "logs"
        self.secrets = self.root / "secrets"
        self.key_encryption_key = self.secrets / "kek"
        self._lock = -1

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def open(self) -> None:
        """Make what is missing and take the lock; raises DataDirectoryRefused."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._claim()
        self._take_lock()
        for folder in (self.logs, self.secrets):
            folder.mkdir(mode=0o700, exist_ok=True)

    def close(self) -> None:
        """Give the lock back."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def role_secret(self) -> bytes:
        """Return the secret from which the passwords of the database roles follow."""
        return bytes.fromhex(self._secret("roles"))

    def token_secret(self) -> bytes:
        """Return the secret of cursors and read-after tokens."""
        return bytes.fromhex(self._secret("tokens"))

    def postgres_password(self) -> str:
        """Return the password of the embedded PostgreSQL's superuser."""
        return self._secret("postgres")

    def _claim(self) -> None:
        status = self.root.stat()
        if status.st_uid != os.geteuid():
            raise DataDirectoryRefused(f"{self.root} belongs to another user (uid {status.st_uid})")
        if (self.root / "lock").exists():
            if status.st_mode & 0o077:
                raise DataDirectoryRefused(f"{self.root} is open to other users: make it private with chmod 700")
        elif any(self.root.iterdir()):
            raise DataDirectoryRefused(f"{self.root} holds other things: name an empty or a new directory")
        else:
            self.root.chmod(0o700)

    def _take_lock(self) -> None:
        lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode().strip() or "unknown"
            os.close(lock)
            raise DataDirectoryRefused(f"{self.root} is in use by process {holder}") from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def _secret(self, name: str) -> str:
        path = self.secrets / name
        text = read_or_make(path, lambda: secrets.token_hex(_SECRET_BYTES).encode()).decode()
        if len(text) != 2 * _SECRET_BYTES:
            raise DataDirectoryRefused(f"{path} is damaged: restore it from a backup")
        return text
