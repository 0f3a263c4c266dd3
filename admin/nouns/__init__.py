"""The records that staff keep: a folder per noun, with its templates."""
