"""The generated clients: the story played with the Python one, the Kotlin one compiled (`make test-sdk`)."""
