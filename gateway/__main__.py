"""`python -m havik.gateway`: the same as `havik`."""

from .cli import main

main()
