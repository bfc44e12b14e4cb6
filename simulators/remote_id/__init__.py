"""The Remote ID drivers' twins."""
