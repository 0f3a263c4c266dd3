"""Declared reads: what a GraphQL field reads is said beside the field, and one SQL text per nesting level comes of it.

`declared` holds the declarations (data), `selection` what an operation asks for, `statement` makes the SQL of both,
`paging` the keyset, `run` runs it. No resolver runs a query of its own.
"""
