"""The audit trail of a region: appended to by whoever does something, read by the auditor."""
