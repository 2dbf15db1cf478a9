"""The use cases of adjudication: what clients and consumers may ask, one class per aggregate."""
