"""Which broker, and who we are to it: from settings or from a URL, to one address."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..config.settings import BrokerSection
from ..drivers.transport.mqtt import BrokerAddress
from .errors import UsageError

PASSWORD_VARIABLE = "HAVIK_MQTT_PASSWORD"  # noqa: S105 - the name of a variable, not a password


def from_settings(broker: BrokerSection) -> BrokerAddress:
    """Give the address in a site's settings.

    Raises
    ------
    UsageError
        If the password's file or variable is not there.
    """
    return BrokerAddress(
        host=broker.host,
        port=broker.port,
        protocol=broker.protocol,
        username=broker.username,
        password=_password(broker),
        tls=broker.tls,
        ca_file=broker.ca_file,
        certificate_file=broker.certificate_file,
        key_file=broker.key_file,
        keepalive_s=broker.keepalive_s,
    )


def from_url(url: str) -> BrokerAddress:
    """Give the address in `mqtt://[user@]host[:port]` or `mqtts://…`; the latter is TLS, verified.

    The password comes from the environment: on a command line every user of the machine reads it.

    Raises
    ------
    UsageError
        If `url` is not of that form.
    """
    form = "write mqtt://[user@]host[:port] or mqtts://…"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        after_secrets = url.rpartition("@")[2]
        raise UsageError(f"--broker …{after_secrets}: {error}; {form}") from None
    if parts.password is not None:
        raise UsageError(f"--broker holds a password; put it into {PASSWORD_VARIABLE} instead")
    more = parts.path not in ("", "/") or parts.query or parts.fragment
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == 0 or more:
        raise UsageError(f"--broker {url} is no broker; {form}")
    tls = parts.scheme == "mqtts"
    username = unquote(parts.username) if parts.username else None
    return BrokerAddress(
        host=parts.hostname,
        port=port or (8883 if tls else 1883),
        username=username,
        password=os.environ.get(PASSWORD_VARIABLE) if username else None,
        tls=tls,
    )


def _password(broker: BrokerSection) -> str | None:
    if broker.password_file:
        return _password_in(broker.password_file)
    if broker.password_env:
        if broker.password_env not in os.environ:
            raise UsageError(f"broker.password_env: set the variable {broker.password_env}")
        return os.environ[broker.password_env]
    return None


def _password_in(file: str) -> str:
    reason = "is empty; write the password into it"
    try:
        password = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    except UnicodeDecodeError:
        reason = "is not text; write the password into it"
    else:
        if password:
            return password
    raise UsageError(f"broker.password_file {file}: {reason}")
