from __future__ import annotations

from pathlib import Path

import pytest

from havik.config.settings import BrokerSection
from havik.drivers.transport.mqtt import BrokerAddress
from havik.gateway.broker import PASSWORD_VARIABLE, from_settings, from_url
from havik.gateway.errors import UsageError

URLS = {
    "mqtt://localhost": BrokerAddress(host="localhost", port=1883),
    "mqtt://10.1.2.3:2883/": BrokerAddress(host="10.1.2.3", port=2883),
    "mqtts://broker.example": BrokerAddress(host="broker.example", port=8883, tls=True),
    "mqtts://broker.example:443": BrokerAddress(host="broker.example", port=443, tls=True),
    "mqtt://[::1]:1884": BrokerAddress(host="::1", port=1884),
    "mqtt://desk@localhost": BrokerAddress(
        host="localhost", port=1883, username="desk", password="from the environment"
    ),
    "mqtt://desk%40north@localhost": BrokerAddress(
        host="localhost", port=1883, username="desk@north", password="from the environment"
    ),
}


@pytest.mark.parametrize("url", URLS)
def test_a_url_is_an_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "from the environment")
    assert from_url(url) == URLS[url]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("localhost", "is no broker"),
        ("http://localhost", "is no broker"),
        ("mqtt://", "is no broker"),
        ("mqtt://:1883", "is no broker"),
        ("", "is no broker"),
        ("mqtt://localhost/havik", "is no broker"),
        ("mqtt://localhost?tls=1", "is no broker"),
        ("mqtt://localhost#x", "is no broker"),
        ("mqtt://localhost:0", "is no broker"),
        ("mqtt://localhost:65536", "Port out of range"),
        ("mqtt://localhost:x", "Port could not be cast"),
        ("mqtt://[::1", "Invalid IPv6 URL"),
    ],
)
def test_what_is_no_broker_is_refused_with_the_form(url: str, told: str) -> None:
    with pytest.raises(UsageError) as refusal:
        from_url(url)
    assert told in str(refusal.value)
    assert "write mqtt://[user@]host[:port]" in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    ["mqtt://desk:secret@localhost", "mqtt://desk:@localhost", "http://desk:secret@localhost/x"],
)
def test_a_password_on_the_command_line_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=PASSWORD_VARIABLE):
        from_url(url)


@pytest.mark.parametrize("rest", ["localhost", "localhost:65536", "[::1", "localhost/x", ""])
def test_a_password_on_the_command_line_is_not_repeated(rest: str) -> None:
    with pytest.raises(UsageError) as refusal:
        from_url(f"mqtt://desk:secret@{rest}")
    assert "secret" not in str(refusal.value)


def test_an_anonymous_url_takes_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "x")
    assert from_url("mqtt://localhost").password is None


def test_settings_are_an_address(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from a file\n")
    section = BrokerSection(
        host="broker.example", port=8883, protocol="5", username="gateway", tls=True,
        password_file=str(file), ca_file="ca.pem", certificate_file="c.pem", key_file="k.pem",
        keepalive_s=30,
    )  # fmt: skip
    assert from_settings(section) == BrokerAddress(
        host="broker.example", port=8883, protocol="5", username="gateway", tls=True,
        password="from a file", ca_file="ca.pem", certificate_file="c.pem", key_file="k.pem",
        keepalive_s=30,
    )  # fmt: skip


def test_a_password_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    section = BrokerSection(username="gateway", password_env="HAVIK_TEST_PASSWORD")
    monkeypatch.setenv("HAVIK_TEST_PASSWORD", "from the environment")
    assert from_settings(section).password == "from the environment"
    monkeypatch.delenv("HAVIK_TEST_PASSWORD")
    with pytest.raises(UsageError, match="set the variable HAVIK_TEST_PASSWORD"):
        from_settings(section)


def test_without_either_there_is_no_password() -> None:
    assert from_settings(BrokerSection()).password is None


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    empty = tmp_path / "empty"
    empty.write_text("\n")
    for file, told in (
        (missing, "no such file"),
        (tmp_path, "is a directory"),
        (binary, "is not text"),
        (empty, "is empty"),
    ):
        with pytest.raises(UsageError) as refusal:
            from_settings(BrokerSection(username="gateway", password_file=str(file)))
        assert str(refusal.value).startswith(f"broker.password_file {file}: ")
        assert told in str(refusal.value)
