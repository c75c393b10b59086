"""The test double: a directory and a server for the length of a test, that can do what no real server does."""
