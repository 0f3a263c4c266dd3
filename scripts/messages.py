#!/usr/bin/env python
"""Updates the Vietnamese message catalogue from code and templates: messages.py [--check].

Adds new texts without a translation, removes unused ones, and lists missing translations. Exits with 1 if
there are any, or with --check if the catalogue is out of date.
"""

import io
import sys
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parents[1]
CATALOGUE: Final = ROOT / "locale" / "vi" / "LC_MESSAGES" / "ketnoi.po"
# Calls with a translatable text, and the position of that argument: `check.add("title", "…")`.
KEYWORDS: Final = parse_keywords(
    ["_", "Message", "NotFound", "PermissionDenied", "Conflict", "add:2", "add_problem:2", "of:2"]
)
# Without dates and names, which are in the file's history.
_HEADER: Final = r"""msgid ""
msgstr ""
"Language: vi\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""


def extract_messages() -> Catalog:
    """The translatable texts in code and templates."""
    with (ROOT / "locale" / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)  # type: ignore[no-untyped-call] # Babel has no types
    catalogue = Catalog(locale="vi", domain="ketnoi", project="ketnoi", fuzzy=False)
    for _name, _line, text, comments, context in extract_from_dir(
        ROOT, methods, options, KEYWORDS, comment_tags=("Translators:",), directory_filter=_is_source_folder
    ):
        catalogue.add(text, auto_comments=comments, context=context)
    return catalogue


def read_catalogue() -> Catalog:
    """The current catalogue."""
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="vi", domain="ketnoi", abort_invalid=True)


def update_catalogue() -> Catalog:
    """The catalogue updated with the texts in code and templates, without fuzzy matches."""
    catalogue = read_catalogue()
    catalogue.update(extract_messages(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def serialize(catalogue: Catalog) -> bytes:
    """The content of the catalogue file, sorted."""
    out = io.BytesIO(_HEADER.encode())
    out.seek(0, io.SEEK_END)
    write_po(out, catalogue, width=110, no_location=True, omit_header=True, sort_output=True)
    return out.getvalue()


def _is_source_folder(folder: str | Path) -> bool:
    return Path(folder).name not in {"node_modules", "static", "tests", "var"} and not Path(
        folder
    ).name.startswith(".")


def main() -> int:
    new = update_catalogue()
    text = serialize(new)
    if "--check" in sys.argv:
        if text != CATALOGUE.read_bytes():
            print("The catalogue is not up to date: run scripts/messages.py")
            return 1
    else:
        CATALOGUE.write_bytes(text)
    missing = [message.id for message in new if message.id and not message.string]
    for text_id in missing:
        print(f"to translate: {text_id}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
