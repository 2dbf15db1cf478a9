"""Which stores there are; a module is loaded only when its store is used, for peers may be absent."""

from importlib import import_module
from typing import Any

MODULES = {
    "ours": "ours",
    "ours-idempotent": "ours",
    "eventsourcing-safe": "eventsourcing_postgres",
    "eventsourcing-fast": "eventsourcing_postgres",
    "message-db": "message_db",
    "emmett": "emmett",
    "umadb": "umadb_server",
}


def store_of(key: str) -> Any:
    """Return a store; raises ImportError when its package is absent."""
    stores = import_module(f"bench.store.{MODULES[key]}").STORES
    return next(store for store in stores if store.key == key)
