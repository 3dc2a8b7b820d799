"""OpenAI's Realtime API: a protocol without I/O, and the driver that joins it to a session of the engine."""
