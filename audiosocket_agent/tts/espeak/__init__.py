"""What the offline voice needs besides espeak-ng itself."""
