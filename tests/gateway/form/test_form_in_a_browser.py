"""The form as a patrol uses it: a real browser with a telephone's window, with and without a link.

The link is really gone: the server is stopped, and started again on the same port.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from havik.config.settings import FormSection, Settings, SiteSection, Zone
from havik.gateway.desk import Desk
from havik.gateway.form.page import make_page
from havik.gateway.form.server import FormServer, access
from havik.gateway.incidents import Incidents
from havik.gateway.messages import Find, Reply
from havik.gateway.plan import Plan

TOKEN = "0123456789abcdef0123456789abcdef"
SITE = SiteSection(name="noord", latitude_deg=52.0, longitude_deg=5.0, mode="exercise")
YARD = Zone(id="yard-b", kind="yard", corners_m=((0, 0), (100, 0), (100, 100), (0, 100)))
NOW_NS = 4_102_444_800 * 10**9  # 2100: a find of today is never in its future
LIMIT_S = 20.0
LOOKS = os.environ.get("HAVIK_SCREENSHOTS")  # a folder, for who wants to see the page


class Telephone:
    """A browser with a patrol's window; its calls block, and belong into a thread."""

    def __init__(self, folder: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
            options.add_argument(f"--{flag}")
        options.add_argument(f"--user-data-dir={folder}")
        metrics = {"width": 390, "height": 844, "pixelRatio": 2.0}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})  # pyright: ignore[reportUnknownMemberType]
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def until(self, script: str) -> None:
        """Wait until a JavaScript expression holds; of a promise, what it comes to."""
        WebDriverWait(self.driver, LIMIT_S, 0.05).until(
            lambda driver: driver.execute_script(f"return Promise.resolve({script}).then(Boolean)")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownLambdaType]
        )

    def look(self, name: str) -> None:
        if LOOKS:
            self.driver.save_screenshot(f"{LOOKS}/{name}.png")  # pyright: ignore[reportUnknownMemberType]

    def open(self, url: str) -> None:
        self.driver.get(url)

    def fill_in(self) -> None:
        """Two mini phones, and a sealed package of cannabis, in yard B."""
        Select(self.one("#place-ref")).select_by_value("yard-b")
        Select(self.one("#method")).select_by_value("drone_alarm_search")
        Select(self.one("[name=category]")).select_by_value("phone")
        Select(self.one("[name=sub]")).select_by_value("mini")
        self.tap("[name=more]")
        self.tap("#add")
        line = self.driver.find_elements(By.CSS_SELECTOR, "#items > fieldset")[1]

        def part(name: str) -> WebElement:
            return line.find_element(By.CSS_SELECTOR, f"[name={name}]")

        Select(part("category")).select_by_value("drugs")
        Select(part("sub")).select_by_value("cannabis")
        Select(part("unit")).select_by_value("package")
        part("weight").send_keys("48,5")  # as a Dutch keyboard writes it
        part("seal").send_keys("AA123456")

    def tap(self, selector: str) -> None:
        """Bring an element out from under the bars, and tap it."""
        element = self.one(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)  # pyright: ignore[reportUnknownMemberType]
        element.click()

    def record(self) -> None:
        self.one("#record").click()

    def waiting(self) -> int:
        return len(self.driver.find_elements(By.CSS_SELECTOR, "#waiting > li"))


@pytest.fixture
def telephone(tmp_path: Path) -> Iterator[Telephone]:
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no chromium and chromedriver on this machine: install them to run this test")
    telephone = Telephone(tmp_path / "browser")
    yield telephone
    telephone.driver.quit()


class Office:
    """A gateway's desk behind the form's server, on a port that stays the same."""

    def __init__(self, folder: Path) -> None:
        token = folder / "token"
        token.write_text(TOKEN)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        self._access = access(FormSection(token_file=str(token), port=port))
        settings = Settings(site=SITE, zones=(YARD,))
        self._desk = Desk(SITE, Incidents(SITE, settings.alarm, Plan(SITE, settings.zones)), {})
        self.finds: list[Find] = []
        self.asked: list[bytes] = []
        self.lose_answers = 0

    async def _answer(self, name: str, payload: bytes) -> Reply | None:
        self.asked.append(payload)
        answer = self._desk.take(name, payload, NOW_NS)
        self.finds += [one for one in answer.records if isinstance(one, Find)]
        if self.lose_answers:
            self.lose_answers -= 1
            raise RuntimeError("the answer is lost on its way")
        return answer.reply

    @asynccontextmanager
    async def linked(self) -> AsyncGenerator[None, None]:
        server = FormServer(self._access, make_page(SITE, [YARD.id]), self._answer)
        running = asyncio.create_task(server.run())
        try:
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self._access.port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    await writer.wait_closed()
                    break
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})


async def test_a_find_made_without_a_link_is_sent_once_when_there_is_one(
    telephone: Telephone, tmp_path: Path
) -> None:
    office = Office(tmp_path)

    def arrive() -> None:
        telephone.open(f"{office.url}#token={TOKEN}")
        telephone.until("navigator.serviceWorker.ready.then(() => caches.match('/')).then(Boolean)")
        assert telephone.driver.current_url == office.url  # the token stands in no history
        telephone.look("1-empty")

    def cut_off() -> None:
        telephone.open(office.url)  # from the telephone itself: nobody answers
        telephone.fill_in()
        telephone.look("2-filled-in")
        telephone.record()
        telephone.until("document.querySelector('#link.off')")
        telephone.look("3-no-link")
        assert telephone.waiting() == 1
        telephone.open(office.url)  # closed and opened again: it is still there
        assert telephone.waiting() == 1

    def back() -> None:
        telephone.driver.execute_script("dispatchEvent(new Event('online'))")  # pyright: ignore[reportUnknownMemberType]
        telephone.until("document.querySelector('#sent > li')")
        telephone.look("4-sent")
        assert telephone.waiting() == 0
        telephone.open(office.url)
        assert telephone.waiting() == 0

    async with office.linked():
        await asyncio.to_thread(arrive)
    await asyncio.to_thread(cut_off)
    assert office.finds == []
    async with office.linked():
        await asyncio.to_thread(back)
    (find,) = office.finds
    assert len(office.asked) == 1
    assert (find.place, find.place_ref, find.method) == ("yard", "yard-b", "drone_alarm_search")
    phone, drugs = find.items
    assert (phone.category, phone.sub, phone.quantity) == ("phone", "mini", 2)
    assert (drugs.category, drugs.sub, drugs.quantity, drugs.unit) == (
        "drugs", "cannabis", 1, "package",
    )  # fmt: skip
    assert (drugs.weight_g, drugs.weight_basis) == (48.5, "gross_with_packaging")
    assert drugs.seal == "AA123456"


async def test_an_answer_that_was_lost_makes_no_second_find(
    telephone: Telephone, tmp_path: Path
) -> None:
    office = Office(tmp_path)
    office.lose_answers = 2

    def search() -> None:
        telephone.open(f"{office.url}#token={TOKEN}")
        telephone.tap("#nothing")
        telephone.record()
        for tries in (1, 2, 3):
            telephone.driver.execute_script("dispatchEvent(new Event('online'))")  # pyright: ignore[reportUnknownMemberType]
            if tries < 3:
                telephone.until("!sending")
        telephone.until("document.querySelector('#sent > li')")
        assert telephone.waiting() == 0

    async with office.linked():
        await asyncio.to_thread(search)
    assert len(set(office.asked)) == 1 and len(office.asked) == 3
    (find,) = office.finds
    assert find.negative_search


async def test_a_refusal_is_shown_and_can_be_mended(telephone: Telephone, tmp_path: Path) -> None:
    office = Office(tmp_path)

    def mend() -> None:
        telephone.open(office.url)
        telephone.one("#record").click()  # nothing was chosen
        assert "Vul in: Wat" in telephone.one("#told").text
        telephone.tap("#nothing")
        telephone.tap("summary")
        telephone.one("#role").send_keys("Jan Jansen")
        telephone.record()
        telephone.until("!document.querySelector('#login').hidden")  # it has no token yet
        assert telephone.waiting() == 1
        telephone.one("#token").send_keys("another-token-than-this-site-has")
        telephone.tap("#login-done")
        telephone.until("!document.querySelector('#login').hidden && !sending")
        telephone.look("5-login")
        assert telephone.waiting() == 1
        telephone.one("#token").send_keys(TOKEN)
        telephone.tap("#login-done")
        telephone.until("document.querySelector('#waiting .bad')")
        telephone.look("6-refused")
        assert "finder_role" in telephone.one("#waiting .bad").text
        telephone.tap("#waiting button:nth-child(2)")
        role = telephone.one("#role")
        assert role.get_attribute("value") == "Jan Jansen"
        role.clear()
        role.send_keys("patrol")
        telephone.record()
        telephone.until("document.querySelector('#sent > li')")
        telephone.tap("#language")
        assert telephone.one("#record").text == "Record"
        telephone.look("7-english")

    async with office.linked():
        await asyncio.to_thread(mend)
    (find,) = office.finds
    assert (find.finder_role, find.negative_search) == ("patrol", True)
