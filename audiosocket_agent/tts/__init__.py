"""The voices: one file an engine; the setting names the file."""
