"""The ordinary pages of a noun: its list, its form, its actions and its history."""
