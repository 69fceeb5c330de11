"""The mapping lab in a real browser: a mapping is changed, the difference looked at first, and then applied to exactly two hundred orders."""

import signal
import unittest

from walk import LivingWooCommerce, order, simulator, until, Walk


class Lab(Walk):
    orders = 200
    route = ""

    def change_mapping(self, before, after):
        """Changes the configuration and lets the running server read it."""
        text = self.bridge.config.read_text()
        self.assertIn(before, text)
        self.bridge.config.write_text(text.replace(before, after))
        told = self.bridge.logs().count("runs mapping")
        self.bridge.process.send_signal(signal.SIGHUP)
        until(lambda: self.bridge.logs().count("runs mapping") > told, self.bridge.logs, 30)

    def compare(self, words):
        self.go("/")
        self.press("Mapping lab")
        self.page.get_by_label("Compare").select_option(label=words)
        self.page.get_by_role("button", name="Compare").click()
        self.page.wait_for_selector("#result", timeout=60_000)

    def apply(self, picture):
        """Looks at the question, says no, and yes the second time."""
        writes = self.crm.writes()
        self.press(f"Apply to these {self.orders}")
        self.says(f"Apply the mapping to these {self.orders} orders?")
        self.shoot(picture)
        self.press("No, go back")
        self.page.get_by_role("button", name="Compare").wait_for()
        self.assertEqual(self.crm.writes(), writes, "looking and asking write nothing")
        return writes


class Letters(Lab):
    # Somebody forgot that most orders are not completed yet.
    wrong = "{'completed': 'Closed Won'}[order.status]"
    right = "{'completed': 'Closed Won'}.get(order.status, 'Negotiation')"
    route = f'[routes.set.opportunity]\nStageName = "{{{{ {wrong} }}}}"\n'

    def test_a_mended_mapping_is_looked_at_and_applied_to_two_hundred_letters(self):
        for number in range(1, self.orders + 1):
            self.bridge.accept(order(number, status="processing", billing={"email": f"{number}@example.com"}))
        until(lambda: self.bridge.count("dead_letters") == self.orders, self.bridge.logs, 90)
        self.compare("dead letters")
        self.says(f"{self.orders} broken")
        self.assertEqual(self.page.get_by_role("link", name="Apply").count(), 0, "what the mapping makes nothing of is not applied")
        self.shoot("15-lab-broken")

        self.page.locator("textarea").fill("extends = \"/etc/passwd\"")
        self.press("Compare the same orders under it")
        self.says("Nothing was compared: this is no mapping.")
        self.shoot("16-lab-no-mapping")

        self.change_mapping(self.wrong, self.right)
        self.compare("dead letters")
        self.says(f"{self.orders} new")
        self.shoot("17-lab-letters")
        self.apply("18-lab-asks-letters")
        self.compare("dead letters")
        self.press(f"Apply to these {self.orders}")
        self.page.get_by_role("button", name=f"Apply to these {self.orders}").click()
        self.says(f"{self.orders} message(s) put into the queue; a running server delivers them under")
        self.shoot("19-lab-applied")
        until(lambda: len(self.crm.records("Opportunity")) == self.orders, self.bridge.logs, 120)
        self.assertEqual(self.bridge.count("dead_letters"), 0)


class Shop(Lab):
    def setUp(self):
        if not simulator("woocommerce").exists():
            self.skipTest(f"skipped: the shop that lives, {simulator('woocommerce')}, is not here")
        self.shop = LivingWooCommerce()
        self.addCleanup(self.shop.stop)
        self.bridge_options = {"store_secret": self.shop.webhook_secret, "store_keys": self.shop.keys(), "route": '[routes.set.opportunity]\nDescription = "before"\n'}
        super().setUp()
        self.crm.add_product("SKU-A")
        self.shop.register(f"{self.bridge.url}/webhooks/acme", self.shop.webhook_secret)

    def nothing_changes(self):
        """No order's own record would change. (The shop has customers with two names; which of both a CRM holds is decided by who came last.)"""
        self.says("unchanged")
        self.assertNotIn("opportunity.", self.page.inner_text("#result"))

    def test_a_changed_mapping_is_looked_at_and_applied_to_the_last_two_hundred_orders(self):
        numbers = self.shop.create(self.orders)
        until(lambda: len(self.crm.records("Opportunity")) == self.orders, self.bridge.logs, 120)
        self.compare("the last orders of the shop")
        self.nothing_changes()

        self.page.locator("textarea").fill('extends = "woocommerce-salesforce"\n[[record]]\nname = "opportunity"\n[record.fields]\nNextStep = "Call"\n')
        self.press("Compare the same orders under it")
        self.says("What the tried mapping would change")
        self.says("opportunity.NextStep")
        self.assertEqual(self.page.get_by_role("link", name="Apply").count(), 0, "what is only tried cannot be applied")
        self.shoot("20-lab-tried")

        self.change_mapping('"before"', '"after"')
        self.compare("the last orders of the shop")
        self.says(f"{self.orders} changes")
        self.says("opportunity.Description")
        self.shoot("21-lab-changes")
        self.apply("22-lab-asks")
        self.compare("the last orders of the shop")
        self.press(f"Apply to these {self.orders}")
        self.page.get_by_role("button", name=f"Apply to these {self.orders}").click()
        self.page.wait_for_selector("[role=status]", timeout=60_000)
        self.says(f"{self.orders} message(s) put into the queue")
        until(lambda: {record["Description"] for record in self.crm.records("Opportunity")} == {"after"}, self.bridge.logs, 120)
        self.assertEqual(len(self.crm.records("Opportunity")), len(numbers), "nothing is doubled")
        until(lambda: self.bridge.waiting() == 0, self.bridge.logs)
        self.compare("the last orders of the shop")
        self.nothing_changes()


if __name__ == "__main__":
    unittest.main()
