"""The use cases of archive: what clients and consumers may ask, one class per aggregate."""
