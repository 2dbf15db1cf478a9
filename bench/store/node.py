"""The packages of npm that are measured; without them their stores are unavailable."""

from pathlib import Path

from bench.store.port import Unavailable
from tests.support import node as npm
from tests.support.node import FOLDER, NodeUnavailable, node

__all__ = ["EMMETT", "FOLDER", "MESSAGE_DB", "node", "package"]

MESSAGE_DB = ("@eventide/message-db", "1.3.1")
EMMETT = ("@event-driven-io/emmett-postgresql", "0.42.0")


def package(wanted: tuple[str, str]) -> Path:
    """Return the directory of a package of exactly this version, installed if need be; raises Unavailable."""
    try:
        return npm.package(*wanted)
    except NodeUnavailable as error:
        raise Unavailable(str(error)) from error
