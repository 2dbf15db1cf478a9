"""A PKCS#11 token in software for the tests: the installed SoftHSM, else Debian's package, unpacked into a cache."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LIBRARY = "libsofthsm2.so"
_PLACES = ("/usr/lib/softhsm", "/usr/lib64/softhsm", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm")
_CACHE = Path.home() / ".cache" / "rongcuo" / "softhsm"
_CONF = "SOFTHSM2_CONF"
_PIN = "87654321"


class NoSoftHsm(RuntimeError):
    """There is no SoftHSM here, and none can be had; the message says why."""


@dataclass(frozen=True)
class SoftToken:
    """A fresh token: its module, label and user PIN."""

    module: Path
    label: str
    pin: str


@contextmanager
def soft_token(place: Path, label: str = "rongcuo") -> Iterator[SoftToken]:
    """Make a token in the empty folder `place`; raises NoSoftHsm. One process uses one configuration of SoftHSM."""
    module, tool = _programs()
    (place / "tokens").mkdir()
    configuration = place / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {place / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    os.environ[_CONF] = str(configuration)  # noqa: TID251 - read by SoftHSM, not by us
    made = ("--module", module, "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", _PIN)
    subprocess.run([tool, *made], check=True, capture_output=True)
    try:
        yield SoftToken(module, label, _PIN)
    finally:
        del os.environ[_CONF]  # noqa: TID251 - see above


def _programs() -> tuple[Path, Path]:
    tool = shutil.which("softhsm2-util")
    for folder in map(Path, _PLACES):
        if tool and (folder / LIBRARY).is_file():
            return folder / LIBRARY, Path(tool)
    if not (_CACHE / "usr/bin/softhsm2-util").is_file():
        _unpack()
    return next(_CACHE.glob(f"usr/lib/**/{LIBRARY}")), _CACHE / "usr/bin/softhsm2-util"


def _unpack() -> None:
    """Fetch Debian's package by its own client, with lists of our own, and unpack it without installing anything."""
    apt = shutil.which("apt-get")
    if apt is None:
        raise NoSoftHsm("install SoftHSM 2, or run on Debian or Ubuntu")
    (_CACHE / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    lists = ("-o", f"Dir::State::lists={_CACHE / 'lists'}", "-o", "APT::Sandbox::User=")
    try:
        for step in (("update", "-qq"), ("download", "-qq", "softhsm2", "libsofthsm2")):
            subprocess.run([apt, *lists, *step], cwd=_CACHE, check=True, capture_output=True, timeout=120)
        for package in _CACHE.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(_CACHE)], check=True, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoSoftHsm(f"SoftHSM cannot be fetched: {type(error).__name__}") from None
    finally:
        shutil.rmtree(_CACHE / "lists", ignore_errors=True)
