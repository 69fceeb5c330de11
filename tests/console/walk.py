"""What every walk through the console needs: a server with its console over a double of Salesforce, and a browser that was let in."""

import re
import unittest

import browser
from browser import SCREENSHOTS, SERIOUS
from harness import Bridge, Sandbox, call, order, simulator, until
from living_shops import LivingWooCommerce

WHY_NOT = browser.why_not()


class Walk(unittest.TestCase):
    """A walk through the console of a server of its own."""

    chromium = None
    delivery = ""
    route = ""
    bridge_options = {}

    @classmethod
    def setUpClass(cls):
        if WHY_NOT:
            raise unittest.SkipTest(WHY_NOT)
        cls.chromium = browser.Browser()
        cls.addClassCleanup(cls.chromium.stop)

    def setUp(self):
        self.crm = Sandbox("salesforce")
        self.addCleanup(self.crm.stop)
        self.bridge = Bridge(self.crm.account(), **{"delivery": self.delivery, "route": self.route, **self.bridge_options})
        self.addCleanup(self.bridge.stop)
        self.bridge.start("--console", "127.0.0.1:0")
        self.link = self.told("console: ")
        self.page = self.open()

    def told(self, before):
        """What a line of the server's output says after these words."""
        for line in self.bridge.process.stdout:
            if line.startswith(before):
                return line.removeprefix(before).strip()
        raise AssertionError(f"no line {before}: {self.bridge.logs()}")

    def open(self, **options):
        """A page of a new browser that was let in by the printed address."""
        context = self.chromium.chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(10_000)
        self.foreign = []
        self.complaints = []
        own = re.match(r"http://[^/]+", self.link)[0]
        page.on("request", lambda request: None if request.url.startswith(own) else self.foreign.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.goto(self.link)
        self.home = f"{own}/"
        self.assertEqual(page.url, self.home, "the token is not left in the address")
        return page

    def go(self, path, page=None):
        (page or self.page).goto(self.home + path.lstrip("/"))

    def sees(self, text, page=None, timeout=30):
        """Looks at the page again and again until it says this."""
        page = page or self.page

        def told():
            page.reload()
            return text in page.inner_text("main")
        until(told, lambda: f"{text!r} in {page.inner_text('main')}\n{self.bridge.logs()[-2000:]}", timeout)

    def says(self, text, page=None):
        self.assertIn(text, (page or self.page).inner_text("main"))

    def press(self, name, page=None):
        """Follows the link or presses the button of this name."""
        page = page or self.page
        page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name)).first.click()

    def shoot(self, name, page=None):
        """Keeps a picture of the page, and lets axe-core judge it."""
        page = page or self.page
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
        self.is_accessible(page, name)

    def is_accessible(self, page, name):
        found = self.chromium.axe.run(page).response["violations"]
        serious = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]
        self.assertEqual(serious, [], name)

    def tearDown(self):
        self.assertEqual(self.foreign, [], "nothing is asked for from elsewhere")
        self.assertEqual(self.complaints, [], "the browser complains of nothing, such as a style that the policy forbids")
