"""Handlers around a handler, one nested function each."""
