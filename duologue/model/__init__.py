"""The network: torch, and nothing else of ours."""
