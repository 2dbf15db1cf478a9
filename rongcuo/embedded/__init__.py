"""PostgreSQL and Kafka that come with the Python packages, started beside the services; nothing is installed."""
