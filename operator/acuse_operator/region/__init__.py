"""The region role: makes what a TenantPlacement asks for, keeps it so, and says how it is."""
