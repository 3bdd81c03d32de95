"""Replies: texts for senders and the outbox they go through."""
