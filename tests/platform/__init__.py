"""The platform below the services: servers, databases, settings."""
