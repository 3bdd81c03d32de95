"""Commands of the core: database, events, tokens."""
