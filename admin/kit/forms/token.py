"""CSRF tokens of forms: the token of the session under a mask that differs in each form.

Pages are compressed, and the length of one that repeats what somebody else sends would give away, guess by
guess, a secret that stays the same (BREACH).
"""

from base64 import b64decode, urlsafe_b64encode
from secrets import token_bytes


def mask_token(secret: str) -> str:
    """`secret` under a random mask; `unmask_token` reverses it."""
    mask = token_bytes(len(secret))
    return urlsafe_b64encode(mask + _xor(mask, secret.encode("ascii"))).decode("ascii")


def unmask_token(value: str) -> str:
    """The unmasked secret; empty if `value` is malformed."""
    try:
        sent = b64decode(value.encode("ascii"), altchars=b"-_", validate=True)
        half = len(sent) // 2
        return _xor(sent[:half], sent[half:]).decode("ascii")
    except ValueError:
        return ""


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
