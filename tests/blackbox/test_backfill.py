"""A back-fill goes by batches, asynchronous ones into NetSuite and large calls into Salesforce: what it costs, and what becomes of it when the server is killed in the middle."""

import collections
import json
import os
import time
import unittest
from unittest import mock

from harness import DOUBLE, Bridge, Sandbox, order, simulator, until
from living_shops import LivingWooCommerce

ORDERS = 250


class Backfill:
    """What holds for each system. A subclass says of it: `system`, `record_ms` that it takes for each record; `settings` and `route` for the configuration; `kinds`, the field of the key by kind of record, that of orders first;
    and `most_calls` for an order."""

    def setUp(self):
        for program in (simulator("woocommerce"), DOUBLE):
            if not program.exists():
                self.skipTest(f"skipped: {program} is not here")
        with mock.patch.dict(os.environ, {"DOUBLE_LATENCY_MS": "20", "DOUBLE_RECORD_MS": self.record_ms}):
            self.sandbox = Sandbox(self.system)
        self.addCleanup(self.sandbox.stop)
        self.prepare()
        self.shop = LivingWooCommerce()
        self.addCleanup(self.shop.stop)
        account = self.sandbox.account()
        account.settings += self.settings
        self.bridge = Bridge(account, store_secret=self.shop.webhook_secret, store_keys=self.shop.keys(), route=self.route)
        self.addCleanup(self.bridge.stop)
        self.orders = [
            order
            for number in range(ORDERS)
            for order in self.shop.create(1, customer_id=number + 1, billing={"first_name": "Jane", "last_name": f"Doe {number}", "email": f"c{number}@example.com"})
        ]
        self.bridge.start()

    def prepare(self):
        """Makes what the system must have besides."""

    def made(self, kind):
        """The keys of the records of a kind."""
        return [record[self.kinds[kind]] for record in self.sandbox.records(kind)]

    def fill(self):
        """Puts all orders of the shop into the queue."""
        before = self.bridge.waiting()
        status, _, err = self.bridge.run("sync", "--store", "acme", "--since", "2d", "--config", str(self.bridge.config), "--data", str(self.bridge.data))
        self.assertEqual((status, before), (0, 0), err)

    def emptied(self, timeout=240):
        until(lambda: self.bridge.waiting() == 0, lambda: f"{self.bridge.waiting()} wait\n{self.bridge.logs()[-3000:]}", timeout)

    def check(self):
        """Every order is there once, and so is every customer."""
        for kind in self.kinds:
            found = collections.Counter(self.made(kind))
            self.assertEqual((len(found), [key for key, times in found.items() if times > 1]), (ORDERS, []), kind)
        self.assertEqual(sorted(self.bridge.orders()), sorted(self.orders))
        self.assertEqual(self.bridge.dead(), [])

    def test_250_orders_of_new_customers_take_few_calls(self):
        before = self.sandbox.calls()
        begun = time.monotonic()
        self.fill()
        self.emptied()
        took = time.monotonic() - begun
        calls = self.sandbox.calls() - before
        print(f"{calls} calls, {calls / ORDERS:.3f} per order, {ORDERS / took:.1f} orders per second")
        self.check()
        self.assertLessEqual(calls / ORDERS, self.most_calls, json.dumps(self.bridge.logs()[-3000:]))

    def test_a_server_that_is_killed_again_and_again_makes_every_order_once(self):
        self.fill()
        for made in (30, 130):
            until(lambda: len(self.made(next(iter(self.kinds)))) >= made, lambda: self.bridge.logs()[-3000:], 120)
            self.bridge.kill()
            self.bridge.start()
        self.emptied()
        self.check()

    def test_an_order_that_is_posted_meanwhile_does_not_wait_for_the_batch(self):
        self.fill()
        orders, customers = self.kinds
        until(lambda: len(self.made(customers)) >= 20, "it is under way", 60)
        begun = time.monotonic()
        self.bridge.accept(order(990_001, customer_id=990_001, billing={"email": "live@example.com"}, line_items=LINES))
        until(lambda: any(key.endswith("990001") for key in self.made(orders)), "it arrives", 30)
        took = time.monotonic() - begun
        self.assertGreater(self.bridge.waiting(), 0, "the back-fill goes on")
        self.assertLess(took, 3)


class IntoNetSuite(Backfill, unittest.TestCase):
    system, settings, record_ms = "netsuite", "", "20"
    # The double's items by their codes.
    route = '[routes.vars]\nprefix = "WOO"\n[routes.vars.items]\n"SKU-A" = "1501"\n'
    kinds = {"salesOrder": "externalId", "customer": "externalId"}
    # Sixteen calls on a machine that has nothing else to do. Where it has, looks come too early, and the last few orders may go one by one.
    most_calls = 0.25


class IntoSalesforce(Backfill, unittest.TestCase):
    system, settings, record_ms, route = "salesforce", '\nbackfill = "batches"\n', "5", ""
    kinds = {"Opportunity": "WooCommerce_Order_ID__c", "Contact": "Email"}
    # Two for each batch, of which the first has 20 orders, and the others up to 75.
    most_calls = 0.1

    def prepare(self):
        self.sandbox.add_product("SKU-A")


LINES = [{"id": 1, "name": "Product A", "sku": "SKU-A", "product_id": 101, "quantity": 1, "subtotal": "49.99", "total": "49.99", "total_tax": "0.00"}]


if __name__ == "__main__":
    unittest.main()
