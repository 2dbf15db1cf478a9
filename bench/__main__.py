"""`python -m bench store|bus|http`: measures and writes `bench/results/<name>.{json,md}`."""

import argparse
from importlib import import_module

BENCHES = ("store", "bus", "http")


def main() -> None:
    """Run one measurement; `bench.<name>.run.run(quick=…)` does the work."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--quick", action="store_true", help="short runs, nothing written: does it work at all?")
    options = parser.parse_args()
    import_module(f"bench.{options.name}.run").run(quick=options.quick)


if __name__ == "__main__":
    main()
