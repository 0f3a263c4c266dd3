"""The catalogues that administrators keep."""
