"""Zstandard of the standard library, and before Python 3.14 of its backport."""

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor, compress, decompress
else:
    from backports.zstd import ZstdCompressor, compress, decompress

__all__ = ["ZstdCompressor", "compress", "decompress"]
