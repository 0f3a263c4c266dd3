"""The parts that all pages of the admin share."""
