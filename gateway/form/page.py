"""The form's page, made once at the start: everything that it needs offline stands inside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from ...config.codes import Code, codes
from ...config.settings import SiteSection

FOLDER = Path(__file__).parent
_DATA = "{{DATA}}"
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """What the server gives: the page, its worker, and the policy that holds the browser to them.

    Parameters
    ----------
    html, worker : bytes
    policy : str
        Content-Security-Policy: this page's own script and style by their hashes, and requests to
        where it came from; nothing else at all.
    """

    html: bytes
    worker: bytes
    policy: str


def make_page(site: SiteSection, places: Iterable[str]) -> Page:
    """Put the code lists and the site's places into the page.

    Parameters
    ----------
    site : SiteSection
    places : iterable of str
        What `place_ref` may name: the site's zones.
    """
    data = {
        "site": site.name,
        "mode": site.mode,
        "places_ref": list(places),
        "categories": _labels(codes().categories),
        "places": _labels(codes().places),
        "methods": _labels(codes().methods),
        "routes": _labels(codes().routes),
    }
    text = msgspec.json.encode(data).decode().replace("<", "\\u003c")  # no end of the script in it
    html = (FOLDER / "page.html").read_text(encoding="utf-8").replace(_DATA, text)
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, body in _INLINE.findall(html):
        digest = base64.b64encode(sha256(body.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(hashes['script'])}",
            f"style-src {' '.join(hashes['style'])}",
            "connect-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return Page(html.encode(), (FOLDER / "worker.js").read_bytes(), policy)


def _labels(table: dict[str, Code]) -> list[dict[str, object]]:
    return [
        {"code": code, "nl": one.label_nl, "en": one.label_en, "subs": _labels(one.subs)}
        for code, one in table.items()
    ]
