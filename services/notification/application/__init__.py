"""The use cases of notification: what clients and consumers may ask, one class per aggregate."""
