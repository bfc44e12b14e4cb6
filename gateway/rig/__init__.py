"""Simulated devices and the demonstration; the running gateway imports nothing here."""
