"""What a measurement ran on: without it a figure means nothing."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]


def machine() -> dict[str, Any]:
    """Return processor, memory, kernel, Python and the load, which is asked for at the end."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load at the end": [round(value, 2) for value in os.getloadavg()],
    }


def versions(*distributions: str) -> dict[str, str]:
    """Return the installed versions of Python distributions; raises PackageNotFoundError."""
    return {name: version(name) for name in distributions}


def _processor() -> str:
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return model[1] if model else platform.processor()
