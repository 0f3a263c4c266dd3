"""Words that nobody else uses, put in at every input, and the search for them in whatever was written."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from urllib.parse import quote, quote_plus

from records.core.text import normalize_for_search, person_key, sort_key

NAME = "Đỗ Thị Zuyềnđâu"
PHONE = "0978 162 534"
ADDRESS = "ngõ 7 Quặcxăm"
ACCOUNT = "zalo.kwibblezz"
SECRET = "bímậtVụngzề không ai biết"
TYPED_NAME = "tênđăngnhậpzức"
QUERY = "tìmkiếmNgọcwẹ"
NETWORK = "203.0.113.77"
AGENT = "Kwobbleagent"
HEADER = "kwuzzleheader"
COOKIE = "kwuzzlecookie"
PATH = "kwuzzlepath"
BODY = "kwuzzlebody"
PICTURE = "kwuzzleexif"
# What is kept in clear by design: the text of a tip, the name of a group.
FREE = "Lờikểxyq"

# What nobody may find anywhere once it was put in, and the word by which one would.
SEALED = {
    NAME: "Zuyềnđâu",
    PHONE: "978162534",
    ADDRESS: "Quặcxăm",
    ACCOUNT: "kwibblezz",
    SECRET: "bímậtVụngzề",
    TYPED_NAME: TYPED_NAME,
    QUERY: "Ngọcwẹ",
    NETWORK: NETWORK,
    AGENT: AGENT,
    HEADER: HEADER,
    COOKIE: COOKIE,
    PATH: PATH,
    BODY: BODY,
    PICTURE: PICTURE,
}
EVERY = {**SEALED, FREE: FREE}


def found(data: bytes, words: Iterable[str] = SEALED.values()) -> set[str]:
    """Those of `words` that stand in `data`, in whichever form."""
    lower = data.strip(b"\0").lower()
    # Whatever stands between the digits of a phone; only where it could be one, or this would take long.
    dense = re.sub(rb"[ .+()-]", b"", lower) if b"534" in lower else b""
    return {
        word
        for word in words
        if any(form in lower for form in forms(word)) or (word.isdecimal() and word.encode() in dense)
    }


@cache
def forms(word: str) -> set[bytes]:
    """How `word` may have been written down, in lower case."""
    texts = {
        word,
        unicodedata.normalize("NFD", word),
        word.upper(),
        normalize_for_search(word),
        sort_key(word),
        person_key(word),
    }
    texts |= {made(word) for made in (quote, quote_plus, json.dumps, ascii)}
    written = {text.strip("\"'").encode() for text in texts}
    written |= {
        base64.b64encode(word.encode()).rstrip(b"=")[:-2],
        word.encode("utf-16-le"),
        word.encode().hex().encode(),
    }
    return {form.lower() for form in written if form}
