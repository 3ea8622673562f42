"""``python -m bench``: every benchmark there is, whether or not the one before succeeded."""

import sys

from bench import calls, overhead, turns

sys.exit(max(benchmark.main() for benchmark in (calls, overhead, turns)))
