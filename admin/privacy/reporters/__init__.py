"""The reporter of a tip."""
