"""`ketnoi schema`: the public contract of the API door."""

from pathlib import Path

import click

from records.database.settings import ROOT, OperatorError


@click.command("schema", short_help="Print the GraphQL schema, or check or write schema.graphql.")
@click.option("--check", "how", flag_value="check", help="End with 1 when schema.graphql is not the code's.")
@click.option("--write", "how", flag_value="write", help="Write schema.graphql.")
def command(how: str | None) -> None:
    """Print the schema that the code serves."""
    from api import schema

    path: Path = ROOT / "schema.graphql"
    text = schema.text()
    if how is None:
        click.echo(text, nl=False)
    elif how == "write":
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        raise OperatorError("schema.graphql is not the code's schema: run `ketnoi schema --write`")
