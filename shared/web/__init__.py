"""The HTTP edge that all services share; no domain rule lives in here, and no internal text leaves through it."""
