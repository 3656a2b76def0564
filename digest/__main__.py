"""`python -m digest` is `digest`."""

from digest.cli import main

main()
