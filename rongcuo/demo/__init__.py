"""The demonstration: 钟某's case and an application, played through the public HTTP API as a client would."""
