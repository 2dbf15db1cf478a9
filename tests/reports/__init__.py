"""What becomes of a report, over HTTP: kept closed, sent up unkept, and whose identity two leaders open for an hour."""
