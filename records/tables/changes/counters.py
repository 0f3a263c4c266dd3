"""Counters: the last number given in each series of codes."""

from tortoise import fields

from records.tables.base import TableModel, check


class Counter(TableModel):
    """The last number given in a series such as "TB-2026"."""

    series = fields.CharField(max_length=24, primary_key=True)
    number = fields.BigIntField()

    class Meta:
        table = "counters"
        constraints = (check("number", "number > 0"),)
