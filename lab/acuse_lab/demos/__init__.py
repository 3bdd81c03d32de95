"""What `make demo` plays, on one machine and in a cluster."""
