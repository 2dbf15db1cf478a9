"""The use cases of intake: what clients and consumers may ask, one class per aggregate."""
