"""Queue consumers: media, reading, matching, replies."""
