"""Both ends are read: orders whose webhooks were lost are found, named and delivered; and both ends are proved to agree."""

import json
import time
import unittest

from harness import Bridge, Simulator, simulator, until
from living_shops import LIVING
from shops import SHOPS

ORDERS, CHANGED = 20, 6
# What each destination must know before it takes the shops' products.
DESTINATIONS = {
    "salesforce": {"products": {"SKU-A": {"name": "Product A", "price": 49.99}}},
    "zoho": {"records": {"Products": [{"Product_Name": "Product A", "Product_Code": "SKU-A", "Unit_Price": 49.99}]}},
    # Only a role that sees all system notes can be told who changed an order there.
    "netsuite": {"sees_all_notes": True, "items": [{"id": "1501", "type": "inventoryItem", "itemId": "SKU-A", "externalId": "SKU-A", "displayName": "Product A", "basePrice": 49.99},
                           {"id": "1503", "type": "otherChargeSaleItem", "itemId": "Flat rate", "externalId": "flat_rate", "displayName": "Shipping", "basePrice": None},
                           {"id": "1504", "type": "discountItem", "itemId": "Discount", "externalId": "discount", "displayName": "Discount", "basePrice": None}]},
}


class BothEndsCase(unittest.TestCase):
    """A shop that lives, a destination, and the server between them."""

    platform, system = "woocommerce", "salesforce"
    # Kinds of violations of the destination that many orders of few customers cannot help.
    allowed = ("parallel_writes_to_one_parent",)

    def setUp(self):
        for name in (self.platform, self.system):
            if not simulator(name).exists():
                self.skipTest(f"skipped: the strict simulator {simulator(name)} is not here")
        self.sim = Simulator(self.system, DESTINATIONS[self.system])
        self.addCleanup(self.sim.stop)
        self.shop = LIVING[self.platform]()
        self.addCleanup(self.shop.stop)
        account = self.sim.account()
        if self.system == "netsuite":
            # The simulator has no asynchronous batches.
            account.settings += '\nbackfill = "single"'
        self.bridge = Bridge(account, SHOPS[self.platform], store_secret=self.shop.webhook_secret, store_keys=self.shop.keys())
        self.addCleanup(self.bridge.stop)
        self.bridge.start()
        self.shop.register(f"{self.bridge.url}/webhooks/acme", self.shop.webhook_secret)

    def tearDown(self):
        self.assertEqual([entry for entry in self.sim.violations() if entry["kind"] not in self.allowed], [])
        if self.shop.process.poll() is None:
            self.assertEqual(self.shop.violations(), [])

    def command(self, *arguments, status=0):
        """What a command prints as JSON. Shops mind being asked the same twice within a second."""
        time.sleep(1.1)
        found, out, err = self.bridge.run(*arguments, "--json", "--config", str(self.bridge.config), "--data", str(self.bridge.data))
        self.assertEqual(found, status, f"{out}\n{err}\n{self.bridge.logs()[-2000:]}")
        return json.loads(out)

    def at_rest(self):
        self.shop.drain()
        until(lambda: self.bridge.waiting() == 0, "nothing waits")


def named(entries):
    return sorted(entry["order"] for entry in entries)


class Reconcile(BothEndsCase):
    def test_what_webhooks_lost_is_found_named_and_delivered_once(self):
        self.shop.lose(0.3)
        orders = self.shop.create(ORDERS - 2)
        self.shop.drain()
        self.shop.lose(1.0)
        orders += self.shop.create(2)
        self.shop.drain()
        self.shop.lose(0.3)
        for order in orders[:CHANGED]:
            self.shop.change(order)
        self.at_rest()
        known = self.bridge.orders()
        lost = sorted(order for order in orders if order not in known)
        self.assertTrue(0 < len(lost) < ORDERS, lost)

        found = self.command("reconcile", status=1)
        route, = found["routes"]
        self.assertEqual((found["store"], found["shop"]["orders"], found["repaired"]), ("acme", ORDERS, 0))
        self.assertEqual(named(route["missing"]), lost)
        self.assertEqual((route["waiting"], route["rejected"], route["skipped"]), ([], [], []))
        self.assertEqual(sorted(named(route["agree"]) + named(route["missing"]) + named(route["behind"])), sorted(orders))
        self.assertTrue(set(named(route["behind"])) <= set(orders[:CHANGED]))

        mended = self.command("reconcile", "--repair", status=1)
        self.assertEqual(mended["repaired"], len(route["missing"]) + len(route["behind"]))
        self.at_rest()
        after = self.command("reconcile")
        self.assertEqual((named(after["routes"][0]["agree"]), after["repaired"]), (sorted(orders), 0))
        self.assertEqual(after["shop"], found["shop"])
        self.assertEqual(sorted(self.bridge.orders()), sorted(orders))
        time.sleep(1.1)
        _, text, _ = self.bridge.run("reconcile", "--since", "1d", "--config", str(self.bridge.config), "--data", str(self.bridge.data))
        self.assertIn("they agree", text)


def pairs():
    """The same for every shop and every destination."""
    for platform in LIVING:
        for system in DESTINATIONS:
            name = f"Reconcile_{platform}_{system}"
            yield name, type(name, (Reconcile,), {"platform": platform, "system": system})


globals().update(pairs())
del Reconcile


class OneByOne(BothEndsCase):
    def test_an_order_is_fetched_by_id_and_by_number_and_what_is_not_there_is_told(self):
        self.shop.lose(1.0)
        first, second, third = self.shop.create(3)
        self.at_rest()
        self.assertEqual(self.bridge.orders(), {})
        dry = self.command("sync", "--store", "acme", "--since", "1d", "--dry-run")
        self.assertEqual((dry["orders"], dry["queued"]), (3, 0))
        done = self.command("sync", "--store", "acme", first, f"#{second}", "999999", status=1)
        self.assertEqual((done["orders"], done["queued"], done["unknown"]), (2, 2, ["999999"]))
        self.bridge.settled(first)
        self.bridge.settled(second)
        self.assertNotIn(third, self.bridge.orders())
        self.command("sync", "--store", "acme", "--since", "1d")
        entry = self.bridge.settled(third)
        self.assertEqual((entry["store"], entry["number"], entry["currency"]), ("acme", third, "USD"))
        self.assertEqual([event["what"] for event in entry["history"]], ["read", "delivered"])

    def test_an_order_is_shown_by_its_number_and_by_the_id_of_its_record(self):
        order, = self.shop.create(1)
        entry = self.bridge.settled(order)
        record = entry["delivered"]["records"][-1]["id"]
        for name in (order, f"#{order}", record):
            status, out, err = self.bridge.run("orders", "show", name, "--data", str(self.bridge.data), "--json")
            self.assertEqual(status, 0, err)
            self.assertEqual([found["key"]["order"] for found in json.loads(out)], [order], name)

    def test_a_resend_writes_again_only_when_it_is_forced(self):
        order, = self.shop.create(1)
        self.bridge.settled(order)
        self.at_rest()
        writes = len(self.sim.writes())
        self.command("resend", order)
        until(lambda: 'outcome="unchanged"' in self.bridge.logs(), "nothing has changed")
        self.assertEqual(len(self.sim.writes()), writes)
        done, = self.command("resend", order, "--force")
        self.assertEqual((done["from"], done["queued"]), ("shop", 1))
        until(lambda: len(self.sim.writes()) > writes, "it is written again")

    def test_a_resend_takes_the_dead_letter_where_the_shop_does_not_answer(self):
        order, = self.shop.create(1, lines=[{"sku": "SKU-B", "quantity": 1, "price": "25.00"}])
        self.bridge.settled(order, "rejected")
        self.at_rest()
        self.shop.process.kill()
        self.shop.process.wait()
        done, = self.command("resend", order)
        self.assertEqual((done["from"], done["queued"]), ("dead letter", 1))

    def test_a_backfill_that_was_killed_goes_on_where_it_was(self):
        self.shop.lose(1.0)
        orders = self.shop.create(450)
        self.at_rest()
        arguments = ["sync", "--store", "acme", "--since", "2d", "--config", str(self.bridge.config), "--data", str(self.bridge.data)]
        status, _, err = self.bridge.run(*arguments, "--dry-run")
        self.assertEqual(status, 0, err)
        at_once = self.shop.calls()["orders"]
        time.sleep(1.1)
        killed = self.bridge.begin(*arguments)
        until(lambda: len(self.bridge.orders()) >= 150, "it is under way")
        killed.kill()
        killed.wait()
        time.sleep(1.1)
        status, _, err = self.bridge.run(*arguments)
        self.assertEqual(status, 0, err)
        self.assertIn("goes on after", err)
        self.at_rest()
        self.assertEqual(sorted(self.bridge.orders()), sorted(orders))
        self.assertLessEqual(self.shop.calls()["orders"], 2 * at_once + 1, "what was read before is not read again")


# The record that is the order, a field of it that staff change, and the value that they enter.
STAFF = {"salesforce": ("Opportunity", "Id", "StageName", "Closed Lost"), "zoho": ("Deals", "id", "Stage", "Closed Lost"), "netsuite": ("salesOrder", "id", "memo", "called twice")}


class Verify(BothEndsCase):
    def test_what_staff_deleted_and_changed_is_found_and_only_the_first_is_mended_and_only_by_force(self):
        kind, id_field, field, value = STAFF[self.system]
        first, second, third = self.shop.create(3)
        held = {order: self.bridge.settled(order)["delivered"]["records"][-1]["id"] for order in (first, second, third)}
        self.at_rest()
        self.assertEqual({entry["result"] for entry in self.command("verify", first, second, third)}, {"same"})
        writes = len(self.sim.writes())
        ids = {order: next(record[id_field] for record in self.sim.records(kind) if record[id_field] == held[order] or f"eid:{record.get('externalId')}" == held[order])
               for order in held}
        self.sim.admin("staff", {"object": kind, "id": ids[first], "delete": True, "user": "Jane Doe"})
        self.sim.admin("staff", {"object": kind, "id": ids[second], "set": {field: value}, "user": "Jane Doe"})

        gone, differs, same = self.command("verify", first, second, third, status=1)
        self.assertEqual([gone["result"], differs["result"], same["result"]], ["gone", "differs", "same"])
        deleted, = gone["gone"]
        self.assertEqual(deleted["by"], "Jane Doe")
        self.assertIn("at", deleted)
        changed, = differs["differs"]
        self.assertEqual((changed["field"].split(".")[-1], changed["found"]), (field, value))
        self.assertIn("at", changed)
        self.assertEqual(changed["by"], "Jane Doe")

        report = self.command("reconcile", "--verify", "--repair", status=1)
        route, = report["routes"]
        self.assertEqual((named(route["gone"]), named(route["differs"]), report["repaired"]), ([first], [second], 0))
        self.at_rest()
        self.assertEqual(len(self.sim.writes()), writes, "nothing is written by itself")
        self.assertIn("found_gone", [event["what"] for event in self.bridge.orders()[first]["history"]])

        self.command("resend", first, "--force")
        until(lambda: len(self.sim.writes()) > writes, "the deleted record is made again")
        self.at_rest()
        self.assertEqual([entry["result"] for entry in self.command("verify", first, second, third, status=1)], ["same", "differs", "same"])


for system in DESTINATIONS:
    name = f"Verify_{system}"
    globals()[name] = type(name, (Verify,), {"system": system})
del Verify


if __name__ == "__main__":
    unittest.main()
