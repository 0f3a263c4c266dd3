"""The audit, for those who look at what was done and by whom."""
