"""Decisions of intake 受理."""
