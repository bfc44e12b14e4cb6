"""Simulated devices and the scenes that they observe."""
