"""Radio receivers."""
