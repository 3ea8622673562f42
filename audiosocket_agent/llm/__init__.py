"""The language models: one file an engine; the setting names the file."""
