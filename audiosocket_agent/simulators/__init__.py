"""The vendors as servers on loopback: their wires, their manners good and bad."""
