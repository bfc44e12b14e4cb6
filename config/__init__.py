"""Typed settings, their loader, and the TOML that ships with Havik."""
