"""How fast and how correct the platform is, measured beside what people would otherwise pick: `make bench-…`."""
