"""Calls every operation of the running services with what its document allows, and with what it forbids."""
