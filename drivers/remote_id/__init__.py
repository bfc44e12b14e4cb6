"""Remote ID receivers."""
