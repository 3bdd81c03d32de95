"""What every program of Acuse knows of Kubernetes: access, typed calls, watches, the directory."""
