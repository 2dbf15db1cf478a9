"""检举控告 report: its receipt, its way to an office, and the door that keeps upper levels' reports out."""
