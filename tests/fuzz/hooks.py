"""What Schemathesis cannot know of our scalars. It loads this file into an environment of its own."""

import json
import os
from typing import Any

import schemathesis  # type: ignore[import-not-found]  # installed beside, by `make fuzz`
from hypothesis import strategies as st
from schemathesis.graphql import nodes  # type: ignore[import-not-found]

DAYS = st.dates()
MOMENTS = st.datetimes(timezones=st.none() | st.timezones())


def _node(value: object) -> Any:
    if value is None:
        return nodes.Null
    return nodes.Int(value) if isinstance(value, int) else nodes.String(value)


for name, values in {
    "Date": DAYS.map(str),
    "DateTime": MOMENTS.map(lambda moment: moment.isoformat()),
    "DayOrMoment": DAYS.map(str) | MOMENTS.map(lambda moment: moment.isoformat()),
    "Month": DAYS.map(lambda day: f"{day:%Y-%m}".rjust(7, "0")),
}.items():
    schemathesis.graphql.scalar(name, values.map(_node))
# What the second pass knows of strings and numbers that the schema does not say.
for name, known in json.loads(os.environ.get("KETNOI_FUZZ_KNOWN", "{}")).items():
    schemathesis.graphql.scalar(name, st.sampled_from(known).map(_node))
