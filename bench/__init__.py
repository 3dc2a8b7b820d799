"""How fast, and how many: measurements with a wall clock. Kept with the repository, not the package."""
