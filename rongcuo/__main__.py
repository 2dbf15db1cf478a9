"""`python -m rongcuo` is `rongcuo`."""

from rongcuo.cli import main

main()
