"""The console for people who use it otherwise: by keyboard alone, on a telephone, at night, without sight."""

import unittest

from walk import order, Walk

PAGES = ("/", "/orders", "/order?id=1042", "/dead", "/lab", "/lab?of=letters", "/reconcile", "/setup", "/privacy")


class People(Walk):
    def setUp(self):
        super().setUp()
        bad = [{"id": 1, "name": "Tea", "product_id": 9, "sku": "A-PRODUCT-CODE-THAT-IS-RATHER-LONG-AND-UNKNOWN", "quantity": 1, "total": "10.00"}]
        self.bridge.accept(order(1042))
        self.bridge.accept(order(1043, total="10.00", billing={"email": "other@example.com"}, line_items=bad))
        self.bridge.settled(1042)
        self.bridge.settled(1043, "rejected")
        self.letter = self.bridge.dead()[0]["id"]
        self.go("/dead")
        group = self.page.locator("tbody tr a").first.get_attribute("href")
        self.pages = (*PAGES, group, f"/letter?id={self.letter}", f"/letter/edit?id={self.letter}", f"/dead/replay?id={self.letter}",
                      "/order/resend?id=1042", "/order?id=nowhere")

    def name(self, path):
        return path.strip("/").split("?")[0].replace("/", "-") or "home"

    def test_every_page_is_accessible_in_the_light_and_in_the_dark(self):
        for scheme in ("light", "dark"):
            page = self.open(color_scheme=scheme)
            for path in self.pages:
                self.go(path, page)
                self.complaints.clear()
                self.shoot(f"{scheme}-{self.name(path)}", page)

    def test_no_page_is_wider_than_360_pixels(self):
        page = self.open(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
        for path in self.pages:
            self.go(path, page)
            self.complaints.clear()
            self.shoot(f"360-{self.name(path)}", page)
            width = page.evaluate("document.documentElement.scrollWidth")
            self.assertLessEqual(width, 360, path)

    def focused(self):
        return self.page.evaluate("""() => { const one = document.activeElement; const style = getComputedStyle(one);
            return {text: (one.innerText || one.value || '').trim(), tag: one.tagName, outline: style.outlineStyle, left: one.getBoundingClientRect().left}; }""")

    def tab_to(self, wanted, most=60):
        """Presses Tab until what begins with this has the focus, which must be visible all the way."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            now = self.focused()
            self.assertTrue(now["tag"] == "BODY" or now["outline"] != "none", f"the focus is seen on {now}")
            if now["text"].startswith(wanted):
                return
        raise AssertionError(f"{wanted} cannot be reached by keyboard on {self.page.url}")

    def test_by_keyboard_alone_a_letter_is_replayed(self):
        self.go("/")
        self.tab_to("Skip to the content", most=1)
        self.assertGreaterEqual(self.focused()["left"], 0, "the skip link is seen")
        self.page.keyboard.press("Enter")
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "content")
        self.go("/")
        self.tab_to("Dead letters")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/dead")
        self.tab_to(self.page.locator("tbody tr a").first.inner_text())
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/dead/group**")
        self.tab_to("Replay all")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/dead/replay**")
        self.tab_to("Replay")
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("[role=status]")
        self.says("put back into the queue")


if __name__ == "__main__":
    unittest.main()
