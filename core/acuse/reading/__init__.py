"""Reading: from a document's words and QR codes to its fields, each with evidence; pure values."""
