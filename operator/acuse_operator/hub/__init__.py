"""The hub role: what a Tenant wants becomes placements in regions, and what they say its status."""
