"""Matching a receipt to a transaction: candidates, score, explanation."""
