"""The ledger: import of transactions, and their store."""
