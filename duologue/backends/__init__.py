"""Who thinks: one contract, several answers."""
