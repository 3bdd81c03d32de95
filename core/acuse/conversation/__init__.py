"""Who writes to a tenant, what they write, and what became of what was written to them."""
