"""`python -m acuse`: the same as `acuse`."""

from acuse.cli import main

main()
