"""A subject is erased, whatever crashes in between and whatever backup comes back afterwards."""
