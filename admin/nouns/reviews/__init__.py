"""Reviews of groups, and the campaign of a year."""
