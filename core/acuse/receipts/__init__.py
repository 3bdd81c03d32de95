"""Receipts as rows: what was read from a document, and what became of it."""
