"""Mistakes that once looked right, each as a patch, and the tests that catch them."""
