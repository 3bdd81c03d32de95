"""Sample documents drawn by code, each with the truth it shows; every party is fictional."""
