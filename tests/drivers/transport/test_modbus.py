"""A module of the library's own server, over a real socket."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.server import ModbusTcpServer

from havik.drivers.contraband.contact_io import Decoder, Options
from havik.drivers.errors import LinkLost
from havik.drivers.transport import modbus


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_the_inputs_of_a_real_server_are_read() -> None:
    options = Options(inputs=2, tamper_input=True)
    # normal (01, lowest bit first), alarm (10), tamper line in order
    block: Any = ModbusSequentialDataBlock  # the library leaves it without types
    inputs = block(11, [True, False, False, True, True])
    context: Any = ModbusServerContext(devices=ModbusDeviceContext(di=inputs), single=True)
    port = free_port()
    server: Any = ModbusTcpServer(context, address=("127.0.0.1", port))
    serving = asyncio.create_task(server.serve_forever())
    try:
        await asyncio.wait_for(_listening(port), 5)
        opening = modbus.opened(
            "127.0.0.1", port, None, 9600, unit=1, first=10, count=options.wanted, every_s=0.01
        )
        async with opening as link, asyncio.timeout(10):
            (told,) = Decoder(options).feed(await link.receive(), 0)
            assert told.states == ("normal", "alarm") and not told.tamper
            await link.receive()
        opening = modbus.opened(
            "127.0.0.1", port, None, 9600, unit=1, first=900, count=5, every_s=0.01
        )
        async with opening as link, asyncio.timeout(10):
            with pytest.raises(LinkLost, match="unit 1 refuses inputs 900 to 904"):
                await link.receive()
    finally:
        await server.shutdown()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0)
            continue
        writer.close()
        await writer.wait_closed()
        return


async def test_a_module_that_is_not_there_is_named() -> None:
    port = free_port()
    opening = modbus.opened("127.0.0.1", port, None, 9600, unit=1, first=0, count=8, every_s=1)
    with pytest.raises(LinkLost, match=f"modbus 127.0.0.1:{port}: no connection"):
        async with opening:
            pass
