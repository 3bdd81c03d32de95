"""The laboratory: embedded PostgreSQL, the strict fake of Meta, sample documents, the demo."""
