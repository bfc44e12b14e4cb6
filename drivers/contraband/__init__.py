"""Sensors of the gate and the yard: portals, panels, contacts, fences, instruments."""
