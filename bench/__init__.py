"""How fast, and how many: measurements with a wall clock, kept with the repository and not with the package."""
