"""Requests about personal data through the real program: a Shopify store passes on what a customer asks for."""

import copy
import json
import unittest

from harness import SimulatorCase, until
from shops import Shopify, event


class Privacy(SimulatorCase):
    shop = Shopify

    def setUp(self):
        super().setUp()
        self.order = event("shopify", "01-new-customer")
        self.redact = event("shopify", "09-customer-redact")
        self.email = self.redact["customer"]["email"]
        self.delivered, self.broken, self.waiting = (str(order) for order in self.redact["orders_to_redact"])

    def another(self, number, **changes):
        return {**copy.deepcopy(self.order), "id": int(number), "name": f"#{number}", **changes}

    def requests(self):
        status, out, err = self.bridge.run("privacy", "list", "--data", str(self.bridge.data), "--json")
        self.assertEqual(status, 0, err)
        return json.loads(out)

    def one_request(self):
        return until(lambda: len(found := self.requests()) == 1 and found, "the request is written down")[0]

    def test_a_redaction_takes_the_customer_out_of_queue_dead_letters_and_ledger(self):
        self.bridge.accept(self.order)
        records = self.bridge.settled(self.delivered)["delivered"]["records"]
        self.bridge.accept(self.another(self.broken, line_items="lost"))
        other = self.another(77, line_items="lost", email="other@example.com", contact_email="other@example.com", customer=None)
        self.bridge.accept(other)
        until(lambda: len(self.bridge.dead()) == 2, "both broken orders are dead letters")
        letter = self.bridge.dead()[0]
        self.assertRegex(letter["mapping"], "^shopify-salesforce@[0-9a-f]{12}$")
        self.assertIn(letter["mapping"], self.bridge.run("dead", "show", letter["id"], "--data", str(self.bridge.data))[1])
        self.sim.stop()
        self.bridge.accept(self.another(self.waiting))
        self.bridge.settled(self.waiting, "retrying")

        self.bridge.accept(self.redact, "customers/redact")
        self.bridge.settled(self.waiting, "skipped")
        request = until(lambda: (found := self.one_request())["waiting_removed"] and found, "the queue is searched")
        self.assertEqual([letter["message"]["order"] for letter in self.bridge.dead()], ["77"], "another customer's stays")
        self.assertEqual((request["kind"], request["waiting_removed"], request["dead_removed"]), ("redact_customer", 1, 1))
        self.assertEqual({held["id"] for held in request["records"]}, {record["id"] for record in records})
        self.assertEqual(self.bridge.orders()[self.delivered]["delivered"]["records"], records, "exactly-once still knows the order")
        told = json.dumps(self.requests()) + json.dumps(self.bridge.orders()) + self.bridge.logs()
        self.assertNotIn(self.email, told)

        # A repeat of the request is one entry, and the operator closes it.
        self.bridge.accept(self.redact, "customers/redact")
        identity = self.one_request()["id"]
        status, out, err = self.bridge.run("privacy", "done", identity, "--data", str(self.bridge.data))
        self.assertEqual((status, err), (0, ""))
        self.assertIsNotNone(self.one_request()["done"])
        self.assertEqual(self.bridge.run("privacy", "done", "nobody", "--data", str(self.bridge.data))[0], 1)

    def test_asking_what_is_kept_removes_nothing(self):
        self.bridge.accept(self.order)
        self.bridge.settled(self.delivered)
        # The ledger knows it before the queue does.
        entry = until(lambda: not (found := self.bridge.orders()[self.delivered])["waits"] and found, "it waits no more")
        ask = {"shop_id": 954889, "shop_domain": "example.myshopify.com", "orders_requested": [int(self.delivered)],
               "customer": self.redact["customer"], "data_request": {"id": 9999}}
        self.bridge.accept(ask, "customers/data_request")
        request = self.one_request()
        self.assertEqual((request["kind"], request["done"], len(request["records"])), ("access", None, len(entry["delivered"]["records"])))
        self.assertEqual(self.bridge.orders()[self.delivered], entry)
        status, out, err = self.bridge.run("privacy", "list", "--data", str(self.bridge.data))
        self.assertEqual((status, err), (0, ""))
        for text in ["access", "orderbridge privacy done " + request["id"], entry["delivered"]["records"][0]["id"]]:
            self.assertIn(text, out)

    def test_a_request_with_a_wrong_signature_is_refused(self):
        headers = {"Content-Type": "application/json", **Shopify.headers(b"another body", self.bridge.secret, "customers/redact")}
        self.assertEqual(self.bridge.post(self.redact, headers=headers)[0], 401)
        self.assertEqual(self.requests(), [])

    def test_a_refund_without_credentials_of_the_shop_leaves_the_order_as_it_is(self):
        self.bridge.accept(self.order)
        self.bridge.settled(self.delivered)
        self.bridge.accept({**event("shopify", "07-refund"), "order_id": int(self.delivered)}, "refunds/create")
        entry = until(lambda: (found := self.bridge.orders()[self.delivered])["warnings"] and found, "the refund is noted")
        self.assertEqual(entry["state"], "delivered")


if __name__ == "__main__":
    unittest.main()
