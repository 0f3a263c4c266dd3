"""The settings: what the environment says, and one clear line where it is wrong."""

import re
from pathlib import Path

import pytest

from records.core.settings import ROOT, VARIABLES, OperatorError, Settings
from records.core.settings.environment import unknown_variables

SECRET = "mật-khẩu-thử"
NAMES = {one.name for one in VARIABLES}


def test_settings_default_to_this_machine_and_embedded_database() -> None:
    settings = Settings.from_environment({})
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.data_dir == ROOT / "var"
    assert (settings.database_url, settings.owner_url, settings.reader_url) == (None, None, None)


def test_empty_variable_counts_as_missing() -> None:
    names = ("KETNOI_DATA_DIR", "HOST", "PORT", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READER_URL")
    assert Settings.from_environment(dict.fromkeys(names, "")) == Settings.from_environment({})


def test_owner_and_reader_use_database_unless_given_own() -> None:
    settings = Settings.from_environment(
        {"DATABASE_URL": "postgresql://a@db/ketnoi", "DATABASE_READER_URL": "postgresql://r@replica/ketnoi"}
    )
    assert settings.owner_url == "postgresql://a@db/ketnoi"
    assert settings.reader_url == "postgresql://r@replica/ketnoi"


def test_settings_survive_round_trip_to_child_process() -> None:
    settings = Settings(Path("/srv/ketnoi"), "::1", 9000).with_database_url(
        "postgresql://postgres@/ketnoi?host=/srv/ketnoi/postgres"
    )
    assert Settings.from_environment(settings.environment()) == settings


def test_settings_url_can_be_opened_by_browser() -> None:
    assert Settings.from_environment({"HOST": "0.0.0.0", "PORT": "80"}).url == "http://127.0.0.1:80"
    assert Settings.from_environment({"HOST": "::1"}).url == "http://[::1]:8000"


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80.5", "٨٠"])
def test_port_is_named_when_invalid(port: str) -> None:
    with pytest.raises(OperatorError, match="PORT is not a port"):
        Settings.from_environment({"PORT": port})


@pytest.mark.parametrize("host", ["a b", "http://x", "x/y"])
def test_host_is_named_when_invalid(host: str) -> None:
    with pytest.raises(OperatorError, match="HOST is not an address"):
        Settings.from_environment({"HOST": host})


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READER_URL"])
@pytest.mark.parametrize(
    "url",
    [
        f"mysql://u:{SECRET}@db/ketnoi",
        f"postgresql+asyncpg://u:{SECRET}@db/ketnoi",
        f"postgresql://u:{SECRET}@db",
        f"postgresql://u:{SECRET}@db:port/ketnoi",
        f"postgresql://u:{SECRET}/half@db/ketnoi",
        f"postgresql://u:{SECRET}@[::1/ketnoi",
        f"u:{SECRET}@db/ketnoi",
    ],
)
def test_database_url_is_named_without_password_when_invalid(name: str, url: str) -> None:
    with pytest.raises(OperatorError, match=f"{name} is not a PostgreSQL address") as refused:
        Settings.from_environment({name: url})
    assert SECRET not in str(refused.value)


WRONG = {
    "HOST": "a b",
    "PORT": "0",
    "DATABASE_URL": f"mysql://u:{SECRET}@db/ketnoi",
    "DATABASE_OWNER_URL": f"u:{SECRET}@db/ketnoi",
    "DATABASE_READER_URL": f"postgresql://u:{SECRET}@db",
    "KETNOI_AUDIT_HEADS": f"http://keeper.example/{SECRET}",
    "KETNOI_BREACHED_PASSWORDS": "/none",
    "KETNOI_CALLS_PER_MINUTE": "many",
    "KETNOI_DRAIN_SECONDS": "-1",
    "KETNOI_HOSTS": "https://ketnoi.example",
    "KETNOI_OIDC_ISSUER": f"https://u:{SECRET}@sso.example",
    "KETNOI_OIDC_CLIENT_SECRET_FILE": "/none",
    "KETNOI_SECOND_FACTOR": "yes",
    "KETNOI_SECURITY_CONTACT": "tel:1",
    "KETNOI_URL": "ketnoi.example",
    "KETNOI_WEBHOOK_NETWORKS": "ten",
}


def test_wrong_variables_are_all_named_at_once() -> None:
    with pytest.raises(OperatorError) as refused:
        Settings.from_environment(WRONG)
    told = str(refused.value).splitlines()
    assert sorted(line.split()[0] for line in told) == sorted(WRONG)
    assert SECRET not in str(refused.value)


def test_password_stays_out_of_settings_repr() -> None:
    url = f"postgresql://u:{SECRET}@db/ketnoi"
    assert SECRET not in repr(Settings.from_environment({"DATABASE_URL": url}))


PROVIDER = {
    "KETNOI_URL": "https://ketnoi.example/",
    "KETNOI_OIDC_ISSUER": "https://sso.example/realms/mau",
    "KETNOI_OIDC_CLIENT_ID": "ketnoi",
}


def test_provider_settings_are_read_and_passed_to_child() -> None:
    given = PROVIDER | {
        "KETNOI_OIDC_CLIENT_SECRET": SECRET,
        "KETNOI_OIDC_NAME": "Cổng mẫu",
        "KETNOI_OIDC_ACR": "urn:a  urn:b",
    }
    settings = Settings.from_environment(given)
    assert settings.address == "https://ketnoi.example"
    assert settings.provider is not None
    assert (settings.provider.name, settings.provider.secret) == ("Cổng mẫu", SECRET)
    assert settings.provider.acr == ("urn:a", "urn:b")
    assert SECRET not in repr(settings)
    assert Settings.from_environment(settings.environment()) == settings


def test_service_names_include_public_url_host() -> None:
    url = {"KETNOI_URL": "https://ketnoi.example"}
    assert "ketnoi.example" in Settings.from_environment(url).database_names
    assert "ketnoi.example" not in Settings.from_environment({}).database_names
    given = Settings.from_environment(url | {"KETNOI_HOSTS": "a.example"})
    assert given.database_names == ("a.example", "ketnoi.example")
    own = Settings.from_environment({"KETNOI_URL": "http://localhost:8000"})
    assert own.database_names == Settings.from_environment({}).database_names


def test_provider_is_named_by_host_and_has_no_secret_by_default() -> None:
    settings = Settings.from_environment(PROVIDER)
    assert settings.provider is not None
    assert (settings.provider.name, settings.provider.secret) == ("sso.example", None)
    assert Settings.from_environment({}).provider is None
    assert Settings.from_environment({}).address == "http://127.0.0.1:8000"


def test_client_secret_is_read_from_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    given = PROVIDER | {"KETNOI_OIDC_CLIENT_SECRET_FILE": str(path)}
    with pytest.raises(OperatorError, match="KETNOI_OIDC_CLIENT_SECRET_FILE cannot be read"):
        Settings.from_environment(given)
    path.write_text(f"{SECRET}\n", encoding="utf-8")
    settings = Settings.from_environment(given)
    assert settings.provider is not None
    assert settings.provider.secret == SECRET


@pytest.mark.parametrize(
    "changed",
    [
        {"KETNOI_OIDC_CLIENT_ID": ""},
        {"KETNOI_OIDC_ISSUER": ""},
        {"KETNOI_OIDC_ISSUER": "http://sso.example"},
        {"KETNOI_OIDC_ISSUER": "http://127.0.0.1.sso.example"},
        {"KETNOI_OIDC_ISSUER": "https://nguoi:mat-khau@sso.example"},
        {"KETNOI_OIDC_ISSUER": "https://sso.example/?a=b"},
        {"KETNOI_OIDC_ISSUER": "https://sso.example/#a"},
        {"KETNOI_OIDC_ISSUER": "https://[sso"},
        {"KETNOI_OIDC_ISSUER": "javascript:alert(1)"},
    ],
)
def test_provider_is_named_when_incomplete_or_unsafe(changed: dict[str, str]) -> None:
    with pytest.raises(OperatorError, match="KETNOI_OIDC_ISSUER and KETNOI_OIDC_CLIENT_ID go together"):
        Settings.from_environment(PROVIDER | changed)


@pytest.mark.parametrize("issuer", ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000/a"])
def test_provider_needs_no_tls_on_this_machine(issuer: str) -> None:
    provider = Settings.from_environment(PROVIDER | {"KETNOI_OIDC_ISSUER": issuer}).provider
    assert provider is not None
    assert provider.issuer == issuer


@pytest.mark.parametrize("url", ["ketnoi.example", "http://ketnoi.example", "https://ketnoi.example/a"])
def test_public_url_is_named_when_invalid(url: str) -> None:
    with pytest.raises(OperatorError, match="KETNOI_URL is not an address"):
        Settings.from_environment({"KETNOI_URL": url})


def test_webhook_networks_survive_round_trip() -> None:
    read = Settings.from_environment
    assert read({}).webhook_networks == ()
    given = read({"KETNOI_WEBHOOK_NETWORKS": "10.1.0.0/16, fd12:3456::/48,127.0.0.1"})
    assert [str(network) for network in given.webhook_networks] == [
        "10.1.0.0/16",
        "fd12:3456::/48",
        "127.0.0.1/32",
    ]
    assert read(given.environment()).webhook_networks == given.webhook_networks
    for wrong in ("10.1.0.1/16", "ten", "10.1.0.0/33"):
        with pytest.raises(OperatorError, match="KETNOI_WEBHOOK_NETWORKS"):
            read({"KETNOI_WEBHOOK_NETWORKS": wrong})


def test_audit_heads_are_folder_or_https_address() -> None:
    read = Settings.from_environment
    assert read({"KETNOI_DATA_DIR": "/data"}).audit_heads == Path("/data/audit-heads")
    assert read({"KETNOI_AUDIT_HEADS": "/mnt/heads"}).audit_heads == Path("/mnt/heads")
    address = read({"KETNOI_AUDIT_HEADS": "https://keeper.example/heads/bi-mat?x=1"})
    assert address.audit_heads == "https://keeper.example/heads/bi-mat?x=1"
    assert read(address.environment()).audit_heads == address.audit_heads
    assert "bi-mat" not in repr(address)
    for wrong in ("http://keeper.example/heads", "ftp://keeper.example", "https://a:b@keeper.example"):
        with pytest.raises(OperatorError, match="KETNOI_AUDIT_HEADS"):
            read({"KETNOI_AUDIT_HEADS": wrong})


@pytest.mark.parametrize("name", sorted(one.name for one in VARIABLES if one.secret))
def test_secret_is_read_from_its_file(name: str, tmp_path: Path) -> None:
    value = f"postgresql://u:{SECRET}@db/ketnoi"
    path = tmp_path / "secret"
    path.write_text(f"{value}\n", encoding="utf-8")
    given = PROVIDER | {f"{name}_FILE": str(path)}
    read = Settings.from_environment(given)
    assert read.environment()[name] == value
    other = "postgresql://u@db/itself"
    assert Settings.from_environment(given | {name: other}).environment()[name] == other
    assert Settings.from_environment(given | read.environment()) == read


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_secret_file_is_refused_when_it_holds_none(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(OperatorError, match="DATABASE_URL_FILE"):
        Settings.from_environment({"DATABASE_URL_FILE": str(path)})


def test_settings_in_code_are_all_declared() -> None:
    """Whatever is not would be refused as a misspelt name."""
    packages = ("records", "api", "admin", "edge", "commands")
    texts = [
        path.read_text(encoding="utf-8") for package in packages for path in (ROOT / package).rglob("*.py")
    ]
    read = {name for text in texts for name in re.findall(r'"((?:KETNOI|DATABASE)_[A-Z_]+)"', text)}
    assert read - NAMES == set()
    assert set(Settings.from_environment(PROVIDER).environment()) <= NAMES


def test_settings_are_all_documented() -> None:
    pages = [
        ROOT / "README.md",
        ROOT / "docs" / "how-to" / "connect-a-provider.md",
        ROOT / "docs" / "reference" / "http.md",
        ROOT / "docs" / "explanation" / "sealing.md",
    ]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in sorted(NAMES) if name not in text] == []


@pytest.mark.parametrize(
    "name", ["KETNOI_SERVICE_HOST", "KETNOI_PORT_8000_TCP_ADDR", "DATABASE_PORT", "PATH"]
)
def test_foreign_variables_are_no_misspelt_settings(name: str) -> None:
    assert unknown_variables({name: "x"}, VARIABLES) == []
