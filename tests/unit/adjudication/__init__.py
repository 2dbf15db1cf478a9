"""Decisions of adjudication 裁定."""
