"""What the archive needs of the outside world."""
