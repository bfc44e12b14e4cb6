"""Radar devices."""
