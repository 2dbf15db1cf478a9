"""Servers that tests run against, and programs that they run: Node.js, Java compilers."""
