"""What clients send to notification."""

from shared.web.text import Body


class Receipt(Body):
    """签收."""
