"""Archive's own: the one order over all logs."""
