"""What a tenant should have in one region, as plain data: no client, no clock, no environment."""
