"""Generators of hostile and benign artifacts, one file for a class or a few of them."""
