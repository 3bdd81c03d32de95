"""Webhook events: kept once, worked on once, always in a state one can name."""
