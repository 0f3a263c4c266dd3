"""Hashes of secrets that the service issues: only the hash of a secret is stored."""

from hashlib import sha256


def hash_token(token: str) -> bytes:
    """The SHA-256 of a secret of 256 random bits, which needs no salt and no slow hash."""
    return sha256(token.encode(errors="surrogatepass")).digest()
