"""`python -m rongcuo` is `rongcuo`."""

from rongcuo.cli import app

app()
