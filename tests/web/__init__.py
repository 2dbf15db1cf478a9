"""Tests of the HTTP edge over a real event store."""
