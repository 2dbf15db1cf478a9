"""The distributed shape: its files are valid, agree with one another, and run as processes."""
