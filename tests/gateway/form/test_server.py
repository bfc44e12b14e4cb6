from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from havik.config.settings import FormSection, Settings, SiteSection
from havik.gateway.desk import MOST_BYTES
from havik.gateway.errors import UsageError
from havik.gateway.form.page import Page, make_page
from havik.gateway.form.server import MOST_AT_ONCE, Access, FormServer, access
from havik.gateway.log.reading import LogReader
from havik.gateway.messages import Find, Reply
from havik.gateway.pipeline import run

LIMIT_S = 20.0
TOKEN = "0123456789abcdef0123456789abcdef"
LOGIN = {"Authorization": f"Bearer {TOKEN}"}
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0, mode="test")
NEGATIVE = {"id": "c1", "place": "yard", "method": "dog", "negative_search": True}
PAGE = make_page(SITE, ["yard-b"])

Client = TestClient[web.Request, web.Application]


class Desk:
    """Answers each command, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.slow: asyncio.Event | None = None
        self.mute = False

    async def answer(self, name: str, payload: bytes) -> Reply | None:
        self.asked.append((name, payload))
        if self.slow is not None:
            await self.slow.wait()
        if self.mute:
            return None
        return Reply(
            id="1", site="noord", time_ns=1, command="c1", outcome="accepted", subject="find-1"
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[Client]:
    where = Access("127.0.0.1", 8470, TOKEN.encode(), None)
    async with TestClient(TestServer(FormServer(where, PAGE, desk.answer).app())) as client:
        yield client


async def test_a_find_is_asked_of_the_desk_and_its_reply_given(client: Client, desk: Desk) -> None:
    async with client.post("/finds", json=NEGATIVE, headers=LOGIN) as answer:
        assert answer.status == 200
        reply = await answer.json()
    assert (reply["outcome"], reply["subject"]) == ("accepted", "find-1")
    ((name, payload),) = desk.asked
    assert (name, json.loads(payload)) == ("find", NEGATIVE)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": TOKEN},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}0"},
        {"Authorization": "Bearer é"},
    ],
)
async def test_who_has_not_the_token_is_refused(
    client: Client, desk: Desk, headers: dict[str, str]
) -> None:
    async with client.post("/finds", json=NEGATIVE, headers=headers) as answer:
        assert answer.status == 401
        assert TOKEN not in await answer.text()
    assert desk.asked == []


async def test_what_is_no_find_is_refused(client: Client, desk: Desk) -> None:
    async with client.post("/finds", data="place=yard", headers=LOGIN) as answer:
        assert answer.status == 415
    async with client.post("/finds", json="x" * MOST_BYTES, headers=LOGIN) as answer:
        assert answer.status == 413
    assert desk.asked == []
    desk.mute = True
    async with client.post("/finds", json={}, headers=LOGIN) as answer:
        assert answer.status == 400
    for method, path, status in [
        ("GET", "/finds", 405), ("POST", "/", 405), ("GET", "/page.html", 404),
        ("GET", "/../pipeline.py", 404), ("DELETE", "/worker.js", 405),
    ]:  # fmt: skip
        async with client.request(method, path, headers=LOGIN) as answer:
            assert answer.status == status


async def test_no_more_wait_at_once_than_there_may(client: Client, desk: Desk) -> None:
    desk.slow = asyncio.Event()

    async def post() -> int:
        async with client.post("/finds", json=NEGATIVE, headers=LOGIN) as answer:
            return answer.status

    waiting = [asyncio.create_task(post()) for _ in range(MOST_AT_ONCE)]
    async with asyncio.timeout(LIMIT_S):
        while len(desk.asked) < MOST_AT_ONCE:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
    assert await post() == 503
    desk.slow.set()
    assert set(await asyncio.gather(*waiting)) == {200}
    assert await post() == 200


@pytest.mark.parametrize("path", ["/", "/worker.js", "/none"])
async def test_every_answer_holds_the_browser_to_this_page(client: Client, path: str) -> None:
    async with client.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe" not in policy and "*" not in policy and "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        assert "aiohttp" not in answer.headers.get("Server", "")


def test_the_page_asks_nothing_of_anybody_else() -> None:
    text = PAGE.html.decode()
    assert "http:" not in text and "https:" not in text and "//cdn" not in text
    hostile = make_page(SITE, ["</script><script>alert(1)</script>"])
    assert b"alert(1)</script>" not in hostile.html
    assert hostile.policy == PAGE.policy
    assert isinstance(hostile, Page)


def form(tmp_path: Path, **changes: object) -> FormSection:
    (tmp_path / "token").write_text(TOKEN + "\n")
    given: dict[str, object] = {"token_file": str(tmp_path / "token"), **changes}
    return FormSection(**given)  # type: ignore[arg-type]  # each value is of its field's type


def certificate(folder: Path) -> tuple[str, str]:
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(cert), str(key)


def test_the_token_is_read_and_shown_nowhere(tmp_path: Path) -> None:
    where = access(form(tmp_path))
    assert (where.host, where.port, where.token, where.tls) == (
        "127.0.0.1", 8470, TOKEN.encode(), None,
    )  # fmt: skip
    assert TOKEN not in repr(where)


@pytest.mark.parametrize(
    ("changes", "token", "told"),
    [
        ({"token_file": "/none"}, TOKEN, "no such file or directory; make one with `openssl"),
        ({}, "password", "at least 20 letters"),
        ({}, "a" * 19, "at least 20 letters"),
        ({}, "", "at least 20 letters"),
        ({}, "é" * 30, "at least 20 letters"),
        ({"host": "0.0.0.0"}, TOKEN, "in clear; name certificate_file and key_file"),
        ({"host": "form.example"}, TOKEN, "in clear; name certificate_file and key_file"),
        ({"key_file": "/none"}, TOKEN, "go together; name both"),
        ({"key_file": "/none", "certificate_file": "/none"}, TOKEN, "no such file"),
    ],
)
def test_what_would_not_be_safe_is_refused(
    tmp_path: Path, changes: dict[str, object], token: str, told: str
) -> None:
    section = form(tmp_path, **changes)
    (tmp_path / "token").write_text(token)
    with pytest.raises(UsageError, match=told) as refused:
        access(section)
    assert "\n" not in str(refused.value)
    assert token not in str(refused.value).split() or not token


async def test_a_gateway_without_a_broker_serves_its_form_over_tls(tmp_path: Path) -> None:
    """And a find that is sent three times, twice at once, is in the log once."""
    cert, key = certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    section = form(tmp_path, port=port, certificate_file=cert, key_file=key)
    gateway = asyncio.create_task(run(Settings(site=SITE, form=section), tmp_path / "log"))
    url = f"https://127.0.0.1:{port}/finds"
    trust = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=cert))
    try:
        async with aiohttp.ClientSession(connector=trust, headers=LOGIN) as telephone:

            async def post() -> dict[str, object]:
                while not gateway.done():
                    try:
                        async with telephone.post(url, json=NEGATIVE) as answer:
                            reply: dict[str, object] = await answer.json()
                            return reply
                    except aiohttp.ClientConnectorError:
                        await asyncio.sleep(0.01)
                raise AssertionError(gateway.exception())

            replies = [*await asyncio.gather(post(), post()), await post()]
    finally:
        gateway.cancel()
        await asyncio.wait({gateway})
    assert {reply["outcome"] for reply in replies} == {"accepted"}
    assert len({reply["subject"] for reply in replies}) == 1
    with LogReader.open(tmp_path / "log") as log:
        finds = [
            one for one in (entry.message() for entry in log.entries()) if isinstance(one, Find)
        ]
    assert [find.find for find in finds] == [replies[0]["subject"]]
    assert (finds[0].mode, finds[0].negative_search) == ("test", True)


async def test_a_port_that_is_taken_is_waited_for(
    tmp_path: Path, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        server = FormServer(Access("127.0.0.1", port, TOKEN.encode(), None), PAGE, desk.answer)
        running = asyncio.create_task(server.run())
        async with asyncio.timeout(LIMIT_S):
            while "cannot be served" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                await asyncio.sleep(0.01)
    while True:
        try:
            async with aiohttp.request("GET", f"http://127.0.0.1:{port}/") as answer:
                assert answer.status == 200
                break
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait({running})
