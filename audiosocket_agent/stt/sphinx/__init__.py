"""The recogniser of the offline ear: pocketsphinx, its grammar, and the processes it runs in."""
