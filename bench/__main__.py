"""``python -m bench``: every benchmark there is, whether or not the one before succeeded.

``python -m bench NAME ...`` runs one of them, with its own options.
"""

import sys

from bench import calls, context, lost, overhead, turns

_ALL = {"calls": calls, "overhead": overhead, "turns": turns, "lost": lost, "context": context}

if len(sys.argv) > 1 and sys.argv[1] in _ALL:
    sys.exit(_ALL[sys.argv.pop(1)].main())
sys.exit(max(benchmark.main() for benchmark in _ALL.values()))
