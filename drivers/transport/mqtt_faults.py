"""What goes wrong with a broker, in words for a person."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from ..errors import LinkLost


@contextmanager
def faults(name: str) -> Generator[None, None, None]:
    """Turn every error of the connection into `LinkLost` with the broker's name."""
    try:
        yield
    except aiomqtt.MqttError as error:
        raise LinkLost(f"{name}: {_plain(error)}") from None


_LOGIN_REFUSED = {4, 5, 134, 135}  # MQTT 3.1.1, 3.2.2.3; MQTT 5, 3.2.2.2

_WORDS = (
    ("CERTIFICATE_VERIFY_FAILED", "its TLS certificate is not trusted: check ca_file and the name"),
    ("[SSL", "TLS failed: does this port speak TLS, and does the broker want a certificate of us?"),
    ("Connection refused", "connection refused: nothing listens there"),
    ("Name or service not known", "no such host"),
    ("Disconnected during message iteration", "the connection is lost"),  # aiomqtt's words
    (
        "timed out",
        "no answer: does it speak MQTT, with TLS or without, and want a certificate of us?",
    ),
)


def _plain(error: aiomqtt.MqttError) -> str:
    """Say it in words for a person."""
    if isinstance(error, aiomqtt.MqttCodeError) and code(error.rc) in _LOGIN_REFUSED:
        return "the login is refused: check user and password"
    told = str(error)
    return next((plain for sign, plain in _WORDS if sign in told), told)


def code(answer: int | ReasonCode | None) -> int:
    """Give the number in a broker's answer; MQTT 5 wraps it, and 0 is success."""
    if isinstance(answer, ReasonCode):
        return answer.value
    return answer or 0
