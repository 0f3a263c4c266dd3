"""The people behind the records: reveals, data requests and retention."""
