"""Relay, buses and consumers against a real PostgreSQL and a real Kafka."""
