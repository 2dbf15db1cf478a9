"""The public HTTP API of the real services, tried with everything that is wrong."""
