"""The sandbox's Asterisk: how its administrator set it up, and the running instance."""
