"""In which schema a log stands: all SQL is written for `log`, and said anew for another log of the same database."""

import re

LOG = "log"
_NAME = re.compile(r"[a-z][a-z_]{0,62}")
_OBJECTS = re.compile(rf"\b{LOG}\.(?=[a-z])|(?<=\bSCHEMA ){LOG}\b")


def in_schema(sql: str, schema: str) -> str:
    """Return `sql`, written for the schema `log`, for `schema`; raises ValueError for what is no plain name."""
    if not _NAME.fullmatch(schema):
        raise ValueError("the schema of a log is a plain name")
    return sql if schema == LOG else _OBJECTS.sub(lambda found: found[0].replace(LOG, schema), sql)
