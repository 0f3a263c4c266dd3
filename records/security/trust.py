"""The certificate authorities trusted for outgoing TLS connections."""

import ssl
from functools import cache

import httpx


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Read once: `SSL_CERT_FILE` may name a province's own authority."""
    return httpx.create_ssl_context()
