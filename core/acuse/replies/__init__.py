"""Replies to senders: what they say, and an outbox from which each is sent at most once."""
