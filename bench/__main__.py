"""``python -m bench``: every benchmark there is."""

import sys

from bench import calls, overhead

sys.exit(calls.main() or overhead.main())
