"""Errors that a person can mend: one line that says what is wrong and what to do."""


class UsageError(Exception):
    """Wrong use or wrong input: the command line prints it on one line and exits with 2."""
