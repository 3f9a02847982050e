"""``python -m rynek`` is ``rynek``."""

from rynek.cli import main

main()
