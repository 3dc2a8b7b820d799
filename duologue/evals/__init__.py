"""Is it good: measured through engine sessions, as a person meets it."""
