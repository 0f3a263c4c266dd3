"""What the forms of a session carry: its form token under a mask, another in each form.

Pages are compressed, and the length of one that repeats what somebody else sends would give away, guess by
guess, a secret that stays the same (BREACH).
"""

from base64 import b64decode, urlsafe_b64encode
from secrets import token_bytes


def mask_token(secret: str) -> str:
    """A text from which `unmask_token` has `secret`, another each time."""
    mask = token_bytes(len(secret))
    return urlsafe_b64encode(mask + _xor(mask, secret.encode("ascii"))).decode("ascii")


def unmask_token(value: str) -> str:
    """The secret under the mask of `value`; empty where `value` has no such form."""
    try:
        sent = b64decode(value.encode("ascii"), altchars=b"-_", validate=True)
        half = len(sent) // 2
        return _xor(sent[:half], sent[half:]).decode("ascii")
    except ValueError:
        return ""


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
