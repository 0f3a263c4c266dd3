"""References that tell nothing: random, short enough to read out, with a character that finds a mistake."""

import secrets
from collections.abc import Callable
from typing import Final

# Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U.
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)} | {"O": 0, "I": 1, "L": 1}
_BITS: Final = 55
_LENGTH: Final = _BITS // 5 + 1
_GROUP: Final = 4
# Crockford's check: a prime, so that one wrong character, or two exchanged, always show.
_PRIME: Final = 37


def new_reference(bits: Callable[[int], int] = secrets.randbits) -> str:
    """A new reference, such as "7K3M-9QXP-TR49": 55 random bits, and a check character."""
    while True:
        # The five checks beyond the digits are signs that nobody reads out: such a number is not used.
        if text := encode_reference(bits(_BITS)):
            return text


def encode_reference(number: int) -> str:
    """The reference of a number below 2**55; empty where its check is not a digit."""
    check = number % _PRIME
    if check >= len(_DIGITS):
        return ""
    digits = [_DIGITS[number >> shift & 31] for shift in range(_BITS - 5, -1, -5)]
    text = "".join(digits) + _DIGITS[check]
    return "-".join(text[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def parse_reference(text: str) -> str:
    """The reference that somebody typed, in any case and with any gaps; empty where it cannot be one."""
    characters = [character for character in text.upper() if character not in "- "]
    if len(characters) != _LENGTH or not all(character in _VALUES for character in characters):
        return ""
    *digits, check = [_VALUES[character] for character in characters]
    number = 0
    for value in digits:
        number = number << 5 | value
    return encode_reference(number) if number % _PRIME == check else ""
