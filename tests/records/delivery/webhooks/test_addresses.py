"""Which addresses are called: never one that is not public, unless the operator allows its network."""

import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from records.core.actor import system_actor
from records.core.dates import now
from records.core.errors import ValidationFailed
from records.delivery import webhooks
from records.delivery.webhooks import WebhookDraft, requests
from records.delivery.webhooks.addresses import is_public, may_call, problem
from records.security.trust import trusted_certificates
from records.tables import Partner, WebhookDelivery
from records.tables.delivery import DeliveryProblem
from tests.admin.places import HERE, tip
from tests.receiver import Receiver, receiving
from tests.records.delivery.webhooks.conftest import sent
from tests.replaced import replaced_settings

MakePartner = Callable[..., Awaitable[Partner]]
TASK = system_actor("test")

NOT_PUBLIC = (
    *("0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1"),
    *("127.255.255.254", "169.254.1.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1"),
    *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1"),
    *("2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "fc00::1"),
    *("fd00:ec2::254", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1"),
)
PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1"),
    *("172.32.0.1", "192.167.1.1", "2606:4700::1", "2400::1"),
)


@contextmanager
def allowing(*networks: str) -> Iterator[None]:
    with replaced_settings(webhook_networks=tuple(map(ip_network, networks))):
        yield


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_webhook_address_is_refused_when_not_public(ip: str) -> None:
    assert not is_public(ip_address(ip))
    assert not may_call("https", ip_address(ip), 443)


def test_public_webhook_address_needs_https_on_port_443() -> None:
    for ip in map(ip_address, PUBLIC):
        assert may_call("https", ip, 443)
        assert not may_call("http", ip, 80)
        assert not may_call("http", ip, 443)
        assert not may_call("https", ip, 8443)


def test_webhook_network_allows_private_but_no_metadata_address() -> None:
    with allowing("10.1.0.0/16", "fd12::/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8"):
        for ip in ("10.1.2.3", "fd12::1", "127.0.0.1"):
            assert may_call("http", ip_address(ip), 8080)
        assert may_call("https", ip_address("10.1.2.3"), 443)
        for ip in ("10.2.0.1", "::ffff:10.1.2.3", "fd13::1", "169.254.169.254", "100.100.100.200"):
            assert not may_call("https", ip_address(ip), 443)
    with allowing("0.0.0.0/0", "::/0"):
        for ip in (
            "169.254.169.254",
            "168.63.129.16",
            "fd00:ec2::254",
            "224.0.0.1",
            "0.0.0.0",
            "ff02::1",
            "::",
        ):
            assert not may_call("https", ip_address(ip), 443)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "system.example/hooks",
        "ftp://system.example/",
        "http://system.example/hooks",
        "https://",
        "https://user@system.example/",
        "https://user:password@system.example/",
        "https://system.example\\@127.0.0.1/",
        "https://system.example#@127.0.0.1/",
        "https://system.example/a b",
        "https://system.example/\u00e0",
        "https://hệ-thống.example/",
        "https://system.example:8443/",
        "https://system.example:0/",
        "https://system.example:99999/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data",
        "https://system.example.",
        "https://system.example/\r\nX-Other: 1",
    ],
)
def test_webhook_address_is_refused_when_invalid(address: str) -> None:
    assert problem(address) is not None


def test_webhook_address_is_accepted_when_valid() -> None:
    for address in (
        "https://system.example",
        "https://system.example:443/hooks?of=ketnoi&x=%20",
        "https://xn--h-thng-9wa1k.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1]/hooks",
    ):
        assert problem(address) is None, address
    with allowing("10.1.0.0/16"):
        assert problem("http://10.1.2.3:8080/hooks") is None
        assert problem("http://inside.example/hooks") is None
        assert problem("http://10.2.2.3:8080/hooks") is not None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"],
)
async def test_webhook_is_not_sent_when_name_means_this_machine(
    receiver: Receiver, some_partner: MakePartner, host: str
) -> None:
    await receiver.follow(await some_partner(HERE))
    address = f"http://{host}:{receiver.port}/"
    for at in (address, address.replace("http:", "https:")):
        with allowing(), pytest.raises(requests.NotSent) as no:
            await requests.post(at, b"{}", {})
        assert no.value.problem in {DeliveryProblem.ADDRESS, DeliveryProblem.NAME}
    assert receiver.got == []


async def test_delivery_is_not_sent_when_network_is_no_longer_allowed(
    receiver: Receiver, some_partner: MakePartner
) -> None:
    await receiver.follow(await some_partner(HERE))
    await tip(HERE)
    with allowing("10.1.0.0/16"):
        await sent()
    assert receiver.got == []
    assert (await WebhookDelivery.get()).problem is DeliveryProblem.ADDRESS


async def test_webhook_name_is_refused_when_one_address_is_forbidden(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def names(answers: list[list[str]]) -> Callable[..., object]:
        def look_up(host: str, port: int, **_: object) -> object:
            asked.append(host)
            return [(0, 0, 0, "", (ip, port)) for ip in answers.pop(0)]

        return look_up

    address = f"http://both.example:{receiver.port}/"
    monkeypatch.setattr("socket.getaddrinfo", names([["127.0.0.1", "10.0.0.1"]]))
    with pytest.raises(requests.NotSent) as no:
        await requests.post(address, b"{}", {})
    assert no.value.problem is DeliveryProblem.ADDRESS
    # It is asked once: whoever asked again, to connect, would get an error.
    monkeypatch.setattr("socket.getaddrinfo", names([["127.0.0.1", "127.0.0.2"]]))
    assert (await requests.post(address, b"{}", {})).status == 204
    assert asked == ["both.example", "both.example"]
    assert receiver.got[0].headers["host"] == f"both.example:{receiver.port}"


async def test_webhook_ignores_proxy_of_environment(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await requests.post(receiver.address, b"{}", {})).status == 204
        assert proxy.got == []


def certificate(name: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server with a certificate for `name`, and the file that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / f"{name}.pem", folder / f"{name}.key"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return context, path


@pytest.mark.parametrize("case", ["right", "another name", "nobody vouches"])
async def test_webhook_certificate_must_match_name_and_be_trusted(
    loopback: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    tls, path = certificate("localhost" if case != "another name" else "other.example", tmp_path)
    trusted_certificates.cache_clear()
    if case != "nobody vouches":
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    try:
        async with receiving(tls) as receiver:
            # The name leads to ::1 as well, which is not allowed here: what is checked is each address.
            monkeypatch.setattr(
                "socket.getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("127.0.0.1", receiver.port))]
            )
            calling_it = requests.post(f"https://localhost:{receiver.port}/", b"{}", {})
            if case == "right":
                assert (await calling_it).status == 204
                assert receiver.got[0].headers["host"] == f"localhost:{receiver.port}"
                return
            with pytest.raises(requests.NotSent) as no:
                await calling_it
            assert no.value.problem is DeliveryProblem.CERTIFICATE
            assert receiver.got == []
    finally:
        monkeypatch.undo()
        trusted_certificates.cache_clear()


async def test_webhook_needs_address_types_and_scopes(some_partner: MakePartner) -> None:
    partner = await some_partner(HERE)
    for address, types, field in (
        ("https://127.0.0.1/", ["tip"], "address"),
        ("https://system.example/" + "a" * 500, ["tip"], "address"),
        ("https://system.example/", [], "types"),
        ("https://system.example/", ["staff"], "types"),
    ):
        with pytest.raises(ValidationFailed) as no:
            await webhooks.create(partner.id, WebhookDraft(address, types), by=TASK)
        assert set(no.value.problems) == {field}
    for _ in range(webhooks.MOST):
        await webhooks.create(partner.id, WebhookDraft("https://system.example/", ["tip"]), by=TASK)
    with pytest.raises(ValidationFailed):
        await webhooks.create(partner.id, WebhookDraft("https://system.example/", ["tip"]), by=TASK)
