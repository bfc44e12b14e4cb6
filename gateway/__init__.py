"""The pipeline, incidents, finds, publishing, and the command line."""
