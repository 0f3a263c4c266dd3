"""Operations at random, and the same ones written in another way."""

from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLInterfaceType, GraphQLNonNull, get_named_type, is_leaf_type
from hypothesis import strategies as st

from api.schema.assembly import schema

TYPES: Final[dict[str, Any]] = dict(schema._schema.type_map)
_PAGES: Final = ["", "(first: 3)", "(last: 4)", "(first: $n)", "(first: 1000)"]
_WRAPPERS: Final = {"PageInfo", "Count", "Viewer", "Credential", "Budget"}
# Every variable is used, whatever else is asked.
_USED: Final = """... @skip(if: true) { u: groups(first: $n) { v: totalCount } }
  ... @include(if: $no) { w: __typename ... @skip(if: $yes) { x: __typename } }"""


@dataclass(frozen=True)
class Asked:
    """A field that is asked for under a key of its own, with what is asked of its objects of `type`."""

    key: str
    field: str
    arguments: str = ""
    type: str = ""
    below: "tuple[Asked, ...]" = ()

    @property
    def head(self) -> str:
        """As it is written."""
        alias = "" if self.key == self.field else f"{self.key}: "
        return f"{alias}{self.field}{self.arguments}"


@st.composite
def selections(draw: st.DrawFn, name: str = "Query", depth: int = 4) -> tuple[Asked, ...]:
    """What is asked of an object of a type."""
    fields = TYPES[name].fields
    leaves = [one for one, shown in fields.items() if is_leaf_type(get_named_type(shown.type))]
    others = [one for one, shown in fields.items() if one not in leaves and _plain(shown)] if depth else []
    found: list[Asked] = []
    for index in range(draw(st.integers(1, 3))):
        field = draw(
            st.sampled_from(
                others if others and (not leaves or draw(st.booleans())) else leaves or ["__typename"]
            )
        )
        key = f"k{index}" if any(one.field == field for one in found) else field
        if field not in others:
            found.append(Asked(key, field))
            continue
        type_ = get_named_type(fields[field].type)
        of = "Tip" if isinstance(type_, GraphQLInterfaceType) else type_.name
        pages = _PAGES[:2] + _PAGES[3:] if field == "changes" else _PAGES
        arguments = draw(st.sampled_from(pages)) if "first" in fields[field].args else ""
        found.append(Asked(key, field, arguments, of, draw(selections(of, depth - 1))))
    return tuple(found)


def straight(asked: tuple[Asked, ...]) -> str:
    """The operation as one would write it."""
    return _operation(_straight("Query", asked), [])


@st.composite
def rewritten(draw: st.DrawFn, asked: tuple[Asked, ...]) -> str:
    """The same operation, with fragments, repeats, fields in parts, and conditions that change nothing."""
    fragments: list[str] = []

    def selection(name: str, asked: tuple[Asked, ...]) -> str:
        parts = [part for one in draw(st.permutations(asked)) for part in field(one)]
        return _on(name, " ".join(dressed(name, part) for part in parts))

    def field(one: Asked) -> list[str]:
        head = one.head
        if not one.below:
            return [head] * draw(st.integers(1, 2))
        cut = draw(st.integers(0, len(one.below)))
        parts = [part for part in (one.below[:cut], one.below[cut:]) if part]
        return [f"{head} {{ {selection(one.type, part)} }}" for part in parts]

    def dressed(name: str, text: str) -> str:
        way = draw(st.integers(0, 5))
        if way in {3, 4}:
            spread = f"...F{len(fragments)}"
            fragments.append(f"fragment F{len(fragments)} on {name} {{ {text} }}")
            return spread if way == 3 else f"{spread} ... {{ {spread} }} {spread} @include(if: $no)"
        return {
            0: f"... on {name} {{ {text} }}",
            1: f"... @include(if: $yes) {{ {text} }}",
            2: f"... @skip(if: $no) {{ {text} }} ... @include(if: $no) {{ other: __typename }}",
        }.get(way, text)

    text = selection("Query", asked)
    return _operation(text, fragments)


def counted(asked: tuple[Asked, ...], answer: Any) -> int:
    """What an answer costs, counted in the plainest way: its records, and 50 for each total or count."""
    if isinstance(answer, list):
        return sum(counted(asked, one) for one in answer)
    if answer is None:
        return 0
    found = 0
    for one in asked:
        if one.field == "totalCount" or one.type == "Count":
            found += 50
        if one.below:
            held = answer.get(one.key)
            wraps = one.type in _WRAPPERS or one.type.endswith(("Connection", "Edge", "Feed"))
            objects = 0 if wraps or held is None else len(held) if isinstance(held, list) else 1
            found += objects + counted(one.below, held)
    return found


def reads(asked: tuple[Asked, ...]) -> int:
    """What the root fields cost that read something, whatever they find."""
    return 2 * sum(one.field not in {"viewer", "_service", "__typename"} for one in asked)


def _plain(shown: Any) -> bool:
    """Whether a field can be asked for without an argument."""
    return all(
        not isinstance(one.type, GraphQLNonNull) or isinstance(one.default_value, str | int | bool)
        for one in shown.args.values()
    )


def _straight(name: str, asked: tuple[Asked, ...]) -> str:
    parts = (
        f"{one.key}: {one.field}{one.arguments}"
        + (f" {{ {_straight(one.type, one.below)} }}" if one.below else "")
        for one in asked
    )
    return _on(name, " ".join(parts))


def _on(name: str, text: str) -> str:
    """`text`, also where the field's type is one that a tip is of."""
    return f"... on Tip {{ {text} }}" if name == "Tip" else text


def _operation(text: str, fragments: list[str]) -> str:
    head = "query($n: Int = 12, $yes: Boolean = true, $no: Boolean = false)"
    return f"{head} {{ {text} {_USED} }} {' '.join(fragments)}"
