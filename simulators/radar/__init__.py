"""The radar drivers' twins."""
