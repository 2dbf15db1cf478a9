"""Processes beside given servers: how they start, whom they trust, and how they leave."""
