"""Clients in Python and Kotlin, generated from the released OpenAPI documents; what is generated is never committed."""
