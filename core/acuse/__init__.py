"""Acuse: the product; values, rules, SQL and ports, without any framework."""

from importlib.metadata import version

__version__ = version("acuse")
