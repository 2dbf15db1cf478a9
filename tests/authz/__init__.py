"""Tests of access tokens and callers."""
