"""A console's side of the contract."""
