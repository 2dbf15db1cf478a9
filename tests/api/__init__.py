"""Holds what the services answer against the documents that were released."""
