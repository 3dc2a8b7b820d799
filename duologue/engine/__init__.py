"""Who listens, who speaks, and when."""
