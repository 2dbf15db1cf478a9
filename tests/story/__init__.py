"""The whole story, told to real processes by a client of the public API, and looked at from every side afterwards."""
