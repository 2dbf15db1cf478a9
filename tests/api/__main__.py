"""`make api-documents`: release the documents as the code describes itself now; refused if it breaks clients unsaid."""

import sys

from shared.kernel.clock import utc_now
from tests.api import lock
from tests.api.breaking import breaking
from tests.api.generated import generated
from tests.api.released import (
    CHANGELOG,
    FOLDER,
    Unannounced,
    announced,
    release,
    released,
    set_version,
    text,
)


def main() -> int:
    """Write docs/api/<service>.json where a document has changed."""
    today = utc_now().date()
    for service, document in generated().items():
        old = released(service)
        if old == document:
            continue
        try:
            if old and not breaking(old, document):
                CHANGELOG.write_text(announced(service, old, document, CHANGELOG.read_text()))
            version = release(service, old, document, CHANGELOG.read_text(), today)
        except Unannounced as unannounced:
            print(unannounced, file=sys.stderr)
            return 1
        document["info"]["version"] = version
        set_version(service, version)
        (FOLDER / f"{service}.json").write_text(text(document))
        lock.add(service, version, text(document), today)
        print(f"{service} {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
