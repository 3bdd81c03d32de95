"""The operator: turns Tenants into placements, and placements into what serves them."""
