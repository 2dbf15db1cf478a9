"""Between the logs of the services: the relay that publishes a log, and the consumers of the other logs."""
