"""`python -m rongcuo.healthy [URL]`: exit code 0 if the URL answers 200; quick, for a container's health check."""

import sys
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

DEFAULT = "http://127.0.0.1:8080/healthz"
WITHIN_S = 3.0


def main(arguments: list[str]) -> int:
    """Ask the first argument, else the process of this container, and say in one line what is wrong."""
    address = arguments[0] if arguments else DEFAULT
    if not address.startswith(("http://", "https://")):
        print(f"{address}: not an address", file=sys.stderr)
        return 2
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=WITHIN_S) as answer:
            return int(answer.status != 200)
    except (URLError, HTTPException, OSError) as error:
        print(f"{address}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
