"""The network address that limits are counted by: one for each host."""

from ipaddress import IPv6Address, ip_address, ip_network


def client_source(host: str) -> str:
    """The IPv4 address of `host`, or its IPv6 network, since a host has a whole /64; else `host` as it is."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
