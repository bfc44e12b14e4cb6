"""Recordings and captures, read without a running gateway."""
