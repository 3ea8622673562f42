"""Against the real vendors, with keys; see `test_vendors`."""
