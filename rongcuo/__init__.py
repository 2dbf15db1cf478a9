"""The command line and the one-process shape: the only place that knows several services."""
