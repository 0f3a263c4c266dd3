"""Declared reads: what a field reads is said beside the field; of that comes one SQL text per nesting level.

`declared` holds the declarations (data), `api.cost.selection` says what an operation asks for, `statement`
makes the SQL of both, `execution` runs it in the request's `snapshot`. No resolver runs a query of its own.
"""
