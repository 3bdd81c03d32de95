"""Who the tenants are: manifests, their secrets, and the directory that programs ask."""
