"""The HTTP API for people and systems."""
