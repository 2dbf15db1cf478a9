"""The documentation and the shape of the code are tested, too."""
