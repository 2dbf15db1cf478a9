"""HTTP in, use case, HTTP out. No decisions, no SQL, no try/except."""
