"""What no consumer may go on from: two accounts of one thing, between which only people can decide."""


class Alarm(Exception):
    """Stops the consumer that meets it, visibly (state `stopped`): nothing is parked, tried again or skipped."""
