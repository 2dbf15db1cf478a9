"""How a service is put together from its parts; the same for all four."""
