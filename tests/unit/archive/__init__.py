"""Decisions of archive 归档."""
