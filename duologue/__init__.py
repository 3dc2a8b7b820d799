"""Duologue: one network that hears, sees, reads, speaks, writes, draws, and the engine that talks with it."""

__version__ = "0.1.0"
