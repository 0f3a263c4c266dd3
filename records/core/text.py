"""Vietnamese text: folding for search, keys for sorting."""

import re
import unicodedata
from typing import Final

_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK: Final = {letter: index for index, letter in enumerate(_LETTERS)}
# The order of tones in Vietnamese dictionaries: level, grave, hook, tilde, acute, dot.
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_NUMBER: Final = re.compile(r"\d+")
_WORDS: Final = re.compile(r"[^\W_]+")
# Control characters; halves of surrogate pairs, which UTF-8 cannot hold; and format characters, which nobody
# sees: they turn text round (U+202E) or make two codes look the same (U+200B). Vietnamese needs none.
_CONTROL_CHARACTERS: Final = frozenset({"Cc", "Cs", "Cf"})
# Signs of other categories that are drawn as nothing: Default_Ignorable_Code_Point in Unicode 16's
# DerivedCoreProperties.txt, and the blank pattern of Braille.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)


def normalize_for_search(text: str) -> str:
    """The words of `text` without accents, case or punctuation: "Sa Đéc" and "sa dec" give the same.

    Punctuation goes because PostgreSQL reads "SD-01" as "sd" and the number -01, and "P.Sa" as a host.
    """
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("đ", "d")
    return " ".join(_WORDS.findall(bare))


def normalize_text(text: str) -> str:
    """`text` as it is stored: NFC, of what nobody sees only line breaks and tabs, no space at either end."""
    lines = _INVISIBLE.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n"))
    kept = (c for c in lines if c in "\n\t" or unicodedata.category(c) not in _CONTROL_CHARACTERS)
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def split_words(text: str) -> list[str]:
    """The folded words of a search text, for prefix matching."""
    return normalize_for_search(text).split()


def sort_key(text: str) -> str:
    """A key whose byte order is Vietnamese alphabetical order, with numbers by value ("Tổ 2" < "Tổ 10")."""
    letters, tones = [], []
    spaced = _NUMBER.sub(lambda m: f"{len(m[0].lstrip('0') or '0'):02d}{m[0].lstrip('0') or '0'}", text)
    for char in unicodedata.normalize("NFC", spaced).casefold():
        base, tone = _without_tone(char)
        letters.append(f"~{_RANK[base]:02d}" if base in _RANK else base if base.isdigit() else " ")
        tones.append(str(tone))
    # A tab sorts before a space, so that "Tân" stands before "Tân Phú".
    return " ".join("".join(letters).split()) + "\t" + "".join(tones).rstrip("0")


def person_key(name: str) -> str:
    """The sort key of a person: by given name (the last word), then by the family and middle names."""
    *family, given_name = normalize_text(name).split() or [""]
    return f"{sort_key(given_name)} {sort_key(' '.join(family))}".strip()


def _without_tone(char: str) -> tuple[str, int]:
    tone = 0
    kept = []
    for part in unicodedata.normalize("NFD", char):
        if part in _TONES:
            tone = _TONES[part]
        else:
            kept.append(part)
    return unicodedata.normalize("NFC", "".join(kept)), tone
