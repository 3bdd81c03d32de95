"""Acuse's Kubernetes objects as values: what they may say, what we call things, and no client."""
