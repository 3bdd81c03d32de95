"""Media: fetched from Meta's hosts alone, checked, and kept in an object store."""
