"""The commands that this program adds to `acuse`."""
