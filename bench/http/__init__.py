"""Commands over HTTP beside a bare endpoint that does one INSERT: `make bench-http`."""
