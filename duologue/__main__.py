"""`python -m duologue` is `duologue`."""

from duologue.cli import main

main()
