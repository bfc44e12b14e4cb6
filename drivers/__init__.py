"""One file per device, and the thin transports beside them."""
