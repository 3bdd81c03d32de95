"""The public edge: takes Meta's webhooks, keeps them, answers."""
