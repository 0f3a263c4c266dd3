import pytest

from records.security.addresses import client_source


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        # Of an IPv4 client at a proxy that listens on IPv6: these are many hosts.
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("localhost", "localhost"),
    ],
)
def test_source_is_one_for_each_host(host: str, counted: str) -> None:
    assert client_source(host) == counted
