"""Acuse: the product; values, rules, SQL and ports, without any framework."""
