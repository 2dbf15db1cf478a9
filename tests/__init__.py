"""Tests of the whole platform; real PostgreSQL and real Apache Kafka, see tests/conftest.py."""
