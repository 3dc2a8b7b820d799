"""How the network is made."""
