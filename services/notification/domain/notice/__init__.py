"""Notice 通知: what one party is told, and whether the party has seen it. Read next: decisions.py."""
