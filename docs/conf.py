"""The site's build: Sphinx with MyST (Markdown) and the theme Furo."""

from importlib.metadata import version as installed

project = "Acuse"
author = "The Acuse authors"
copyright = "The Acuse authors, Apache-2.0"  # noqa: A001 - Sphinx's name for it
release = version = installed("acuse")
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = f"Acuse {release}"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["build"]
