"""Activities: meetings and outreach."""
