"""`python -m bench store|bus|http`: measures and writes `bench/results/<name>.{json,md}`; `readme` quotes them."""

import argparse
from importlib import import_module

BENCHES = ("store", "bus", "http")
README = "readme"


def main() -> None:
    """Run one measurement, or write the README's block; `bench.<name>.run.run(quick=…)` does the work."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=(*BENCHES, README))
    parser.add_argument("--quick", action="store_true", help="short runs, nothing written: does it work at all?")
    parser.add_argument("--only", metavar="TEXT", help="store: one round of the appends with this text in their titles")
    options = parser.parse_args()
    if options.name == README:
        import_module("bench.readme").write()
        return
    if options.only and options.name != "store":
        parser.error("--only goes with store")
    chosen = {"only": options.only} if options.only else {}
    import_module(f"bench.{options.name}.run").run(quick=options.quick, **chosen)


if __name__ == "__main__":
    main()
