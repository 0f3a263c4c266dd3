"""`ketnoi schema`: the public GraphQL schema."""

from pathlib import Path

import click

from records.core.dates import today
from records.core.settings import ROOT, OperatorError


@click.command("schema", short_help="Print the GraphQL schema; check, write or release schema.graphql.")
@click.option(
    "--check",
    "how",
    flag_value="check",
    help="List what is dangerous for callers since the last release; end with 1 when something breaks them, "
    "or when schema.graphql or its changelog is not the code's.",
)
@click.option("--write", "how", flag_value="write", help="Write schema.graphql and its changelog.")
@click.option("--release", metavar="NAME", help="Keep the schema as that of a release, such as 0.2.0.")
def command(how: str | None, release: str | None) -> None:
    """Print the schema that the code serves."""
    from api.schema.assembly import text
    from commands import _releases

    path: Path = ROOT / "schema.graphql"
    now = text()
    if release is not None:
        click.echo(f"Kept as {_releases.freeze(release, now, today()).relative_to(ROOT)}")
    if release is not None or how == "write":
        path.write_text(now, encoding="utf-8")
        changelog = _releases.changelog(_releases.releases(), now, today())
        _releases.CHANGELOG.write_text(changelog, encoding="utf-8")
    elif how == "check":
        _check(path, now)
    else:
        click.echo(now, nl=False)


def _check(path: Path, text: str) -> None:
    """Raises `OperatorError` if the files are out of date, or for breaking changes."""
    from commands import _releases

    released = _releases.releases()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        raise OperatorError("schema.graphql is not the code's schema: run `ketnoi schema --write`")
    if released:
        found = _releases.changes(released[-1].text, text, today())
        for line in found.dangerous:
            click.echo(f"dangerous: {line}")
        if found.breaking:
            raise OperatorError("this breaks callers:\n" + "\n".join(found.breaking))
    if _releases.CHANGELOG.read_text(encoding="utf-8") != _releases.changelog(released, text, today()):
        raise OperatorError("docs/reference/schema-changes.md is not up to date: run `ketnoi schema --write`")
