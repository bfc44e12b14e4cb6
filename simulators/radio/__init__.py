"""The radio drivers' twins."""
