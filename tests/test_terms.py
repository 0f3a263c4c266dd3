import click

from scripts import terms

GLOSSARY = """
| Term | Tiếng Việt | Meaning | Not |
|---|---|---|---|
| tip | nguồn tin | Information from people. | "tin báo", message from people |
| request | yêu cầu | One HTTP request. | `visit` |
| menu | menu | The navigation. | |
"""
ENTRIES = terms.entries(GLOSSARY)


def test_entries_have_scope_of_their_form() -> None:
    assert [(entry.word, entry.term, entry.scope) for entry in ENTRIES] == [
        ("tin báo", "tip", "whole texts"),
        ("message from people", "tip", "everywhere"),
        ("visit", "request", "names"),
    ]


def test_faults_finds_words_but_not_parts_of_words() -> None:
    found = terms.faults([("a", "Visit us"), ("b", "Visitors"), ("c", "A message from people.")], ENTRIES)
    assert found == ["a: use 'request', not 'visit'", "c: use 'tip', not 'message from people'"]


def test_faults_finds_quoted_word_as_whole_text_only() -> None:
    found = terms.faults([("a", "Tin báo."), ("b", "Tin báo về tội phạm")], ENTRIES)
    assert found == ["a: use 'tip', not 'tin báo'"]


def test_words_of_splits_names_at_underscores_and_capitals() -> None:
    assert [terms.split_name(name) for name in ("PartnerKey", "_partner_key", "HTTPRequest2")] == [
        "partner key",
        "partner key",
        "http request 2",
    ]


def test_identifiers_are_names_that_code_gives() -> None:
    assert terms.identifiers("class A:\n    def b(self, c): d = e") == {"A", "b", "self", "c", "d"}


def test_prose_of_code_is_its_docstrings_and_comments() -> None:
    source = '"""One."""\nA = "two"  # three\ndef a():\n    """Four.\n    Five."""\n    return "six"\n'
    assert [text.strip() for _line, text in terms.prose_of(source)] == [
        '"""One."""',
        "# three",
        '"""Four.',
        'Five."""',
    ]


def test_command_helps_cover_subcommands_and_options() -> None:
    group = click.Group("g", short_help="G", commands=[click.Command("c", short_help="C")])
    group.params.append(click.Option(["--o"], help="O"))
    assert list(terms.command_helps("g", group)) == [("g", "G"), ("g", "O"), ("g c", "C")]


def test_descriptions_cover_types_fields_and_arguments() -> None:
    schema = '"T" type Query { "F" field("X" one: Int): Int }'
    assert {text for _, text in terms.descriptions(schema)} >= {"T", "F", "X"}
