"""What archive does when another service has spoken: one file per publisher, one function per event."""
