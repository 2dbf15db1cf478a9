"""Starts one embedded server, prints `<port> <pid>`, and stops it when its standard input ends.

`python -m tests.support.launch postgres|kafka DIRECTORY [--as ACCOUNT] [--bin-dir DIR] [--port PORT]
[--advertised-port PORT]`
"""

import argparse
import os
import pwd
import sys
from pathlib import Path

from rongcuo.embedded.kafka import Kafka
from rongcuo.embedded.postgres import Postgres

PASSWORD = "a password of the tests"


def main() -> None:
    """Read the arguments, change to the account if one is named, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["postgres", "kafka"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--as", dest="account")
    parser.add_argument("--bin-dir", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--advertised-port", type=int)
    options = parser.parse_args()
    if options.account:  # after the imports: the account may not be able to read this Python's library
        account = pwd.getpwnam(options.account)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    log = options.directory / "log"
    if options.kind == "kafka":
        place = options.directory / "kafka"
        server: Kafka | Postgres = Kafka(
            place, log=log, port=options.port, advertised_port=options.advertised_port, brief=True
        )
    else:
        server = Postgres(
            options.directory / "postgres", password=PASSWORD, log=log, port=options.port, bin_dir=options.bin_dir
        )
    with server:
        print(server.port, server.pid, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
