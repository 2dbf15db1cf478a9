"""How the bus is measured: the relay beside raw Kafka and txoutbox, and the way to another service's read model."""
