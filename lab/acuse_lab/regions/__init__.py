"""Real Kubernetes clusters on one Linux machine: a control plane alone, or whole regions."""
