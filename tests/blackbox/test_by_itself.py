"""The server compares shop and destination by itself: an order whose webhook was lost arrives although nobody asks for it."""

import datetime
import json
import unittest

from harness import Bridge, Simulator, simulator, until
from living_shops import LivingWooCommerce
from shops import WooCommerce
from test_shop_and_crm import DESTINATIONS


class ByItself(unittest.TestCase):
    def setUp(self):
        for name in ("woocommerce", "salesforce"):
            if not simulator(name).exists():
                self.skipTest(f"skipped: the strict simulator {simulator(name)} is not here")
        self.sim = Simulator("salesforce", DESTINATIONS["salesforce"])
        self.addCleanup(self.sim.stop)
        self.shop = LivingWooCommerce()
        self.addCleanup(self.shop.stop)
        self.bridge = Bridge(self.sim.account(), WooCommerce, store_secret=self.shop.webhook_secret, store_keys=self.shop.keys(),
                             reconcile='every = "1m"', server='[server]\npublic_url = "https://webhooks.example.com"')
        self.addCleanup(self.bridge.stop)

    def test_an_order_whose_webhook_was_lost_arrives_by_itself(self):
        self.shop.lose(1.0)
        orders = self.shop.create(3)
        # Before the last minute: what is younger may not be visible yet.
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=10)
        for order in orders:
            self.shop.admin("shop", {"op": "update", "id": int(order), "status": "completed", "modified": past.strftime("%Y-%m-%dT%H:%M:%S")})
        self.bridge.start()
        until(lambda: sorted(self.bridge.orders()) == sorted(orders), lambda: f"all orders came\n{self.bridge.logs()[-2000:]}", timeout=30)
        for order in orders:
            self.bridge.settled(order)
        said = until(lambda: "the shop has orders that did not come here" in self.bridge.logs() and self.bridge.logs(), "it is told")
        self.assertNotIn("a defect of orderbridge", said)
        # Of its own accord it asks little: the list, and once its webhooks.
        self.assertLessEqual(sum(self.shop.calls().values()), 4, json.dumps(self.shop.calls()))
        self.bridge.stop()
        self.assertEqual([*self.shop.violations(), *self.sim.violations()], [])


if __name__ == "__main__":
    unittest.main()
