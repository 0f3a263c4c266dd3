"""Contact details of members."""
