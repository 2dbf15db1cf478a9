"""The document of the bus: read by AsyncAPI's own parser, and compared with what consumers and records really are."""
