"""`kubectl acuse`: how tenants and regions are, what a change would do, and moving them."""
