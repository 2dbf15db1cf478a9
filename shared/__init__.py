"""What two or more services use: the event log, the bus, the keyring, rules as data and the web shell."""
