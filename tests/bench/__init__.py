"""What measures: its arithmetic, its reports, and that its counters can fail."""
