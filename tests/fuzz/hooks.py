"""What Schemathesis cannot know of our scalars. It loads this file into an environment of its own."""

import json
import os
from datetime import date, datetime
from typing import Any

import schemathesis  # type: ignore[import-not-found]  # installed beside, by `make fuzz`
from hypothesis import strategies as st
from schemathesis.graphql import nodes  # type: ignore[import-not-found]
from schemathesis.specs.graphql import validation  # type: ignore[import-not-found]

DAYS = st.dates() | st.sampled_from([date.min, date.max])
# The first and the last of all among them, and every kind of offset that ISO 8601 has.
MOMENTS = st.tuples(
    st.datetimes().map(datetime.isoformat) | st.sampled_from(["0001-01-01T00:00:00", "9999-12-31T23:59:59"]),
    st.sampled_from(["", "Z", "-12:00", "+00:00", "+05:45", "+07:00", "+14:00"]),
).map("".join)


def _node(value: object) -> Any:
    if value is None:
        return nodes.Null
    return nodes.Int(value) if isinstance(value, int) else nodes.String(value)


for name, values in {
    "Date": DAYS.map(str),
    "DateTime": MOMENTS,
    "DayOrMoment": DAYS.map(str) | MOMENTS,
    "Month": st.dates(date(1800, 1, 1), date(2999, 12, 31)).map(lambda day: f"{day:%Y-%m}"),
}.items():
    schemathesis.graphql.scalar(name, values.map(_node))
# It trusts codes, of which it knows those that others use: these are the caller's fault, too.
validation.CLIENT_ERROR_MARKERS |= frozenset(json.loads(os.environ["KETNOI_FUZZ_CODES"]))
# What the second pass knows of strings and numbers that the schema does not say.
for name, known in json.loads(os.environ.get("KETNOI_FUZZ_KNOWN", "{}")).items():
    schemathesis.graphql.scalar(name, st.sampled_from(known).map(_node))
