"""The form's server: it gives one page, and takes one kind of command from who has the token.

    GET  /           the page
    GET  /worker.js  what keeps the page on the telephone
    POST /finds      a `find` command; answered with its reply, after the record is durable

A telephone that got no answer sends the same command again: its id is answered again and recorded
once. Everything else is refused. No cookies: the token comes in each request's `Authorization`.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import msgspec
from aiohttp import web

from ...config.settings import FormSection
from ...drivers.transport.backoff import delays
from ..desk import MOST_BYTES
from ..errors import UsageError
from ..messages import Reply
from .page import Page

LEAST_TOKEN = 20
MOST_AT_ONCE = 32
"""Commands that wait for their record; a telephone that is told to wait tries again by itself."""

GOODBYE_S = 2.0
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Answer = Callable[[str, bytes], Awaitable[Reply | None]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """Where the form is served and what a telephone must know; the token is in no message."""

    host: str
    port: int
    token: bytes = field(repr=False)
    tls: ssl.SSLContext | None


def access(form: FormSection) -> Access:
    """Read the token and the TLS files that the settings name.

    Raises
    ------
    UsageError
        If they cannot be used, the token is too short, or the form would be told to a network in
        clear; one line with the remedy.
    """
    try:
        token = Path(form.token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"[form] token_file {form.token_file}: {_why(error)}; make one with "
            "`openssl rand -hex 16`"
        ) from None
    if len(token) < LEAST_TOKEN or not (token.isascii() and token.isprintable()):
        raise UsageError(
            f"[form] token_file {form.token_file}: a token has at least {LEAST_TOKEN} letters or "
            "digits; make one with `openssl rand -hex 16`"
        )
    tls = _tls(form)
    if tls is None and not _is_loopback(form.host):
        raise UsageError(
            f"[form] host {form.host}: the token would go over the network in clear; name "
            "certificate_file and key_file"
        )
    return Access(form.host, form.port, token.encode(), tls)


def _tls(form: FormSection) -> ssl.SSLContext | None:
    if form.certificate_file is None and form.key_file is None:
        return None
    if form.certificate_file is None or form.key_file is None:
        raise UsageError("[form] certificate_file and key_file go together; name both")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(form.certificate_file, form.key_file)
    except OSError as error:  # an SSLError too
        raise UsageError(
            f"[form] {form.certificate_file}, {form.key_file}: {_why(error)}; name a certificate "
            "and its key in PEM"
        ) from None
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return (told or str(error)).lower()


class FormServer:
    """Serves the form, for ever.

    Parameters
    ----------
    where : Access
    page : Page
    answer : callable
        Takes a command's name and payload, and gives the reply once its record is durable.
    """

    def __init__(self, where: Access, page: Page, answer: Answer) -> None:
        self._where = where
        self._page = page
        self._answer = answer
        self._waiting = 0

    async def run(self) -> NoReturn:
        """Listen, and begin again where the port cannot be had."""
        told = ""
        for pause_s in delays(random.Random()):  # pragma: no branch
            try:
                await self._serve()
            except OSError as error:
                why = f"the form cannot be served at {self._where.host}:{self._where.port}: "
                if (why := why + _why(error)) != told:
                    _log.warning("%s; trying again", why)
                told = why
            await asyncio.sleep(pause_s)
        raise AssertionError("the pauses have no end")

    async def _serve(self) -> None:
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=GOODBYE_S)
        await runner.setup()
        try:
            where = self._where
            await web.TCPSite(runner, where.host, where.port, ssl_context=where.tls).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    def app(self) -> web.Application:
        """The three addresses, and what every answer carries."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.on_response_prepare.append(self._harden)
        app.router.add_get("/", self._give_page)
        app.router.add_get("/worker.js", self._give_worker)
        app.router.add_post("/finds", self._take_find)
        return app

    async def _harden(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = self._page.policy
        del response.headers["Server"]

    async def _give_page(self, _: web.Request) -> web.Response:
        return web.Response(body=self._page.html, content_type="text/html", charset="utf-8")

    async def _give_worker(self, _: web.Request) -> web.Response:
        return web.Response(body=self._page.worker, content_type="text/javascript", charset="utf-8")

    async def _take_find(self, request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(given, b"Bearer " + self._where.token):
            return _told(401, "the token is not this site's")
        if request.content_type != "application/json":
            return _told(415, "a find comes as application/json")
        if self._waiting >= MOST_AT_ONCE:
            return _told(503, "too many at once; try again")
        self._waiting += 1
        try:
            reply = await self._answer("find", await request.read())
        finally:
            self._waiting -= 1
        if reply is None:
            return _told(400, "no command with an id")
        return web.Response(body=msgspec.json.encode(reply), content_type="application/json")


def _told(status: int, reason: str) -> web.Response:
    body = msgspec.json.encode({"outcome": "refused", "reason": reason})
    return web.Response(status=status, body=body, content_type="application/json")
