"""Thin, asynchronous wires: serial, MQTT, recordings."""
