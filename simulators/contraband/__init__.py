"""The contraband drivers' twins."""
