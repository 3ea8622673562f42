"""``python -m bench``: every benchmark there is."""

import sys

from bench.calls import main

sys.exit(main())
