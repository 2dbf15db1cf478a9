"""The journeys of docs/journeys, each block taken from its page and run against real services."""
