"""Acuse's own programs as real processes on this machine, for demo, dev and tests."""
