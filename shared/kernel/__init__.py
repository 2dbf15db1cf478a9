"""Pure building blocks of every service; nothing in here performs I/O."""
