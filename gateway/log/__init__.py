"""The spool and the central log."""
