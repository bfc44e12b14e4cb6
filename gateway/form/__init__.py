"""The find form for a telephone in the yard: one page, and the small server that gives it."""
