"""Databases, roles and migrations of one installation; no service's tables are known here."""
