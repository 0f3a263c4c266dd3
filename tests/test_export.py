"""What `make export` says of the memory that it measured."""

import pytest

from tests.export import SPARE, check
from tests.walk import Wrong


def test_check_fails_when_memory_grows_with_rows() -> None:
    flat = [(rows, 150.0 + rows % 3) for rows in range(100)]
    check(flat)
    check([*flat[:-1], (99, 152.0 + SPARE)])
    with pytest.raises(Wrong, match="168 MiB in the second"):
        check([*flat[:-1], (99, 152.1 + SPARE)])
