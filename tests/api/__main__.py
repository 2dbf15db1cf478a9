"""`make api-documents`: release the documents as the code describes itself now; refused if it breaks clients unsaid."""

import sys

from tests.api.generated import generated
from tests.api.released import CHANGELOG, FOLDER, Unannounced, release, released, set_version, text


def main() -> int:
    """Write docs/api/<service>.json where a document has changed."""
    changelog = CHANGELOG.read_text()
    for service, document in generated().items():
        old = released(service)
        if old == document:
            continue
        try:
            version = release(service, old, document, changelog)
        except Unannounced as unannounced:
            print(unannounced, file=sys.stderr)
            return 1
        document["info"]["version"] = version
        set_version(service, version)
        (FOLDER / f"{service}.json").write_text(text(document))
        print(f"{service} {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
