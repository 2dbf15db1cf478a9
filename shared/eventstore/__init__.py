"""The event log of a service: one lock per flush, dense positions, verdicts per append (design §5)."""
