"""Training data made from nothing: speech, conversations, pictures."""
