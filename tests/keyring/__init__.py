"""Tests of the keyring, against a real keyring database."""
