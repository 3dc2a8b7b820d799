"""Our own network, many conversations at once."""
