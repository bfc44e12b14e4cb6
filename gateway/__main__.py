"""`python -m havik.gateway`: the same as `havik`."""

from .cli.main import main

main()
