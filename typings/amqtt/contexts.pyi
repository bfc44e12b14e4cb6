"""The part of amqtt's settings that we use."""

from enum import StrEnum

class ListenerType(StrEnum):
    EXTERNAL = "external"

class ListenerConfig:
    def __init__(self, *, type: ListenerType) -> None: ...  # noqa: A002 (theirs)

class BrokerConfig:
    def __init__(
        self,
        *,
        listeners: dict[str, ListenerConfig],
        plugins: dict[str, dict[str, str]],
    ) -> None: ...
