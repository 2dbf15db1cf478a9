"""Decisions of notification 送达."""
