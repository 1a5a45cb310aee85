"""`python -m rnnzoo` is `rnnzoo`."""

from rnnzoo.cli import main

main()
