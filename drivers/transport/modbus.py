"""A Modbus module whose discrete inputs are read again and again, over TCP or RTU, by pymodbus.

Only function 2, read discrete inputs, is ever asked: nothing is written to a module. What comes is
given on as the frame that Modbus TCP has for the answer, whatever the line.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from ..errors import LinkLost

PATIENCE_S = 2.0
MOST_INPUTS = 2000  # of one request (Modbus application protocol 1.1b3, 6.2)


class Module:
    """An open module; made by `opened`."""

    def __init__(
        self, client: Any, name: str, unit: int, first: int, count: int, every_s: float
    ) -> None:
        self._client = client
        self._name = name
        self._unit = unit
        self._first = first
        self._count = count
        self._every_s = every_s
        self._number = 0

    async def receive(self) -> bytes:
        """Ask when it is due, and give the answer's frame.

        Raises
        ------
        LinkLost
            If the module does not answer, or refuses.
        """
        from pymodbus.exceptions import ModbusException

        if self._number:
            await asyncio.sleep(self._every_s)
        self._number += 1
        try:
            answer = await self._client.read_discrete_inputs(
                self._first, count=self._count, device_id=self._unit
            )
        except (ModbusException, OSError) as error:
            raise LinkLost(f"modbus {self._name}: {error}") from None
        if answer.isError():
            raise LinkLost(
                f"modbus {self._name}: unit {self._unit} refuses inputs {self._first} to"
                f" {self._first + self._count - 1}: check `unit`, `first` and the options"
            )
        return self._frame([bool(bit) for bit in answer.bits[: self._count]])

    def _frame(self, bits: list[bool]) -> bytes:
        packed = sum(bit << n for n, bit in enumerate(bits)).to_bytes(
            (len(bits) + 7) // 8, "little"
        )
        length = len(packed) + 3
        head = (self._number & 0xFFFF).to_bytes(2) + bytes(2) + length.to_bytes(2)
        return head + bytes((self._unit, 2, len(packed))) + packed


@asynccontextmanager
async def opened(
    host: str | None,
    port: int,
    serial_port: str | None,
    baud: int,
    *,
    unit: int,
    first: int,
    count: int,
    every_s: float,
) -> AsyncGenerator[Module, None]:
    """Connect to a module: over TCP where `host` is given, else over RTU.

    Raises
    ------
    LinkLost
        If it cannot be reached, or pymodbus is not installed.
    """
    try:
        from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
    except ImportError:
        raise LinkLost("modbus: pymodbus is missing: pip install 'havik[modbus]'") from None
    name = f"{host}:{port}" if host else str(serial_port)
    client: Any = (
        AsyncModbusTcpClient(host, port=port, timeout=PATIENCE_S, retries=1, reconnect_delay=0)
        if host
        else AsyncModbusSerialClient(
            str(serial_port), baudrate=baud, timeout=PATIENCE_S, retries=1, reconnect_delay=0
        )
    )
    try:
        try:
            there = await client.connect()
        except OSError as error:
            raise LinkLost(f"modbus {name}: {error.strerror}") from None
        if not there:
            raise LinkLost(f"modbus {name}: no connection; check its address and power")
        yield Module(client, name, unit, first, count, every_s)
    finally:
        client.close()
