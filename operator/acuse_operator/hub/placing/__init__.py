"""How the hub finds regions for a tenant that names none: what fits, what was, what is taken."""
