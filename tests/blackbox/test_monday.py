"""The operator's Monday: five things that go wrong over a weekend, each found, understood and mended by commands alone, in under ten of them."""

import json
import re
import shlex
import unittest

from harness import Bridge, Sandbox, order, simulator, until
from living_shops import LivingWooCommerce
from shops import WooCommerce

# How many commands a case may take.
MOST = 9


class Monday(unittest.TestCase):
    """A server over the weekend, and an operator who has nothing but commands."""

    shop = None
    route = ""

    def setUp(self):
        self.crm = Sandbox("salesforce")
        self.addCleanup(self.crm.stop)
        keys = {"store_secret": self.shop.webhook_secret, "store_keys": self.shop.keys()} if self.shop else {}
        self.bridge = Bridge(self.crm.account(), WooCommerce, route=self.route, **keys)
        self.addCleanup(self.bridge.stop)
        self.bridge.start()
        self.commands = 0

    def tearDown(self):
        self.assertLessEqual(self.commands, MOST, "an operator has other things to do")

    def at(self):
        return ("--config", str(self.bridge.config), "--data", str(self.bridge.data))

    def run_words(self, words, status):
        self.commands += 1
        found, out, err = self.bridge.run(*words)
        self.assertEqual(found, status, f"{words}\n{out}\n{err}\n{self.bridge.logs()[-3000:]}")
        return out + err

    def command(self, *words, status=0):
        return self.run_words((*words, *self.at()), status)

    def paste(self, text, pattern, status=0):
        """Runs a command that a text names, as a person pastes it."""
        found = re.search(rf"orderbridge {pattern}.*", text)
        self.assertTrue(found, f"no command like {pattern} in\n{text}")
        return self.run_words(shlex.split(found[0])[1:], status)

    def well(self):
        """The last command of each case: nothing needs a person any more."""
        until(lambda: self.bridge.waiting() == 0, lambda: self.bridge.logs()[-3000:], timeout=60)
        self.assertIn("nothing needs a person", self.command("status"))


class WithoutTheShop(Monday):
    def test_a_product_that_the_crm_does_not_know(self):
        for number in range(60):
            body = order(5000 + number, billing={"email": f"{number}@example.com"})
            body["line_items"][0]["sku"] = "TEA-2"
            self.bridge.accept(body)
        until(lambda: len(self.bridge.dead()) == 60, "all of them die")
        text = self.command("status", status=1)
        self.assertRegex(text, r"60 could not be delivered: .*TEA-2")
        text = self.command("dead", "list")
        self.assertEqual(text.count("TEA-2"), 1, "sixty letters of one thing are one line")
        self.crm.add_product("TEA-2")
        self.assertIn("60 put back", self.paste(text, "dead replay"))
        until(lambda: len(self.crm.records("Opportunity")) == 60, lambda: self.bridge.logs()[-3000:], timeout=60)
        self.well()

    def test_credentials_that_were_revoked(self):
        self.bridge.accept(order(6000))
        self.bridge.settled(6000)
        self.crm.refuse_logins()
        for number in range(6001, 6021):
            self.bridge.accept(order(number, billing={"email": f"{number}@example.com"}))
        until(self.bridge.left_alone, "it is left alone")
        text = self.command("status", status=1)
        self.assertRegex(text, r"destination sales: its credentials are refused; \d+ messages wait, and nothing is lost; mend the secret orderbridge/destinations/sales")
        text = self.command("orders", "show", "6020")
        self.assertRegex(text, r"waiting since .*sales left alone until .*: credentials refused")
        self.crm.calm()
        self.assertRegex(self.command("check", "--live"), r"ok +acme-sales")
        until(lambda: len(self.crm.records("Opportunity")) == 21, lambda: self.bridge.logs()[-3000:], timeout=90)
        self.assertEqual(self.bridge.dead(), [], "nothing died of it")
        self.well()


class WrongMapping(Monday):
    # Somebody forgot that most orders are not completed yet.
    route = """[routes.set.opportunity]
StageName = "{{ {'completed': 'Closed Won'}[order.status] }}"
"""

    def test_a_mapping_that_was_wrong_for_two_hundred_orders(self):
        count = 200
        for number in range(count):
            self.bridge.accept(order(7000 + number, status="processing", billing={"email": f"{number}@example.com"}))
        until(lambda: len(self.bridge.dead()) == count, lambda: self.bridge.logs()[-3000:], timeout=120)
        text = self.command("dead", "list")
        self.assertIn("StageName", text)
        shown = self.paste(text, "dead show")
        config = self.bridge.config.read_text()
        self.bridge.config.write_text(config.replace("{'completed': 'Closed Won'}[order.status]", "{'completed': 'Closed Won'}.get(order.status, 'Negotiation')"))
        preview = json.loads(self.paste(shown, "preview"))
        opportunity, = (record for record in preview["records"] if record["object"] == "Opportunity")
        self.assertEqual(opportunity["fields"]["StageName"]["literal"], "Negotiation", "looked at before it is replayed")
        self.bridge.terminate()
        self.bridge.start()
        self.assertIn(f"{count} put back", self.paste(text, "dead replay"))
        until(lambda: len(self.crm.records("Opportunity")) == count, lambda: self.bridge.logs()[-3000:], timeout=180)
        self.assertEqual({record["StageName"] for record in self.crm.records("Opportunity")}, {"Negotiation"})
        self.well()


class WithTheShop(Monday):
    """What needs a shop that can be asked for its orders."""

    def setUp(self):
        if not simulator("woocommerce").exists():
            self.skipTest(f"skipped: the shop that lives, {simulator('woocommerce')}, is not here")
        self.shop = LivingWooCommerce()
        self.addCleanup(self.shop.stop)
        super().setUp()
        self.crm.add_product("SKU-A")
        self.shop.register(f"{self.bridge.url}/webhooks/acme", self.shop.webhook_secret)

    def test_a_webhook_that_was_switched_off(self):
        first = self.shop.create(1)[0]
        self.bridge.settled(first)
        self.shop.lose(1.0)
        lost = self.shop.create(5)
        self.shop.drain()
        # A customer asks for the last one.
        text = self.command("orders", "show", lost[-1], status=1)
        self.assertIn("no order", text)
        text = self.command("reconcile", "--store", "acme", "--since", "2d", status=1)
        for number in lost:
            self.assertIn(number, text)
        self.shop.lose(0.0)
        self.command("reconcile", "--store", "acme", "--since", "2d", "--repair", status=1)
        until(lambda: len(self.crm.records("Opportunity")) == 6 and self.bridge.waiting() == 0, lambda: self.bridge.logs()[-3000:], timeout=60)
        self.assertIn("delivered", self.command("orders", "show", lost[-1]))
        self.assertIn("they agree", self.command("reconcile", "--store", "acme", "--since", "2d"))
        self.well()

    def test_a_record_that_was_deleted_in_the_crm(self):
        number = self.shop.create(1)[0]
        self.bridge.settled(number)
        record = self.crm.records("Opportunity")[0]["Id"]
        # A colleague knows it by its record.
        self.assertIn(f"order {number}", self.command("orders", "show", record))
        self.crm.delete("Opportunity", record)
        text = self.command("verify", number, status=1)
        self.assertIn("gone", text)
        self.command("resend", "--force", number)
        again = until(lambda: self.crm.records("Opportunity"), lambda: self.bridge.logs()[-3000:], timeout=60)
        self.assertNotEqual(again[0]["Id"], record)
        until(lambda: self.bridge.waiting() == 0, "nothing waits")
        self.command("verify", number)
        self.well()


if __name__ == "__main__":
    unittest.main()
