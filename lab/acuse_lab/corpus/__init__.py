"""Made-up Argentine documents by the hundred, photographed badly, with the truth beside each.

docs/corpus.md says what they look like, what is real in them and what is not.
"""
