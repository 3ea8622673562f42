"""Several engines behind one seam: the next takes over, within the turn, when one fails."""
