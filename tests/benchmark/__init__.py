"""The pages of a large province, timed: `make benchmark`."""
