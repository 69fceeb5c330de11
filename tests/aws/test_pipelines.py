"""The five pipelines through a deployed stack: what comes in by the API ends in the destinations, once, whatever happens on the way."""

import unittest

from deployment import ROUTES, STACK, STORES, StackCase
from harness import call, until
from shops import event

# The kind of record that each destination has one of for every order.
ORDERS = {"sales": "Opportunity", "crm": "Deals", "erp": "salesOrder"}


class Pipelines(StackCase):
    def counts(self):
        return {name: len(self.stack.sandboxes[name].records(kind)) for name, kind in ORDERS.items()}

    def new_order(self, number):
        """The sample of WooCommerce as another order of another customer."""
        body = event("woocommerce", "01-new-customer")
        body.update(id=number, number=str(number), customer_id=number)
        body["billing"]["email"] = f"customer{number}@example.com"
        return body

    def test_1_each_pipeline_carries_an_order(self):
        before = self.counts()
        posted = {}
        for store, platform in (("acme", "woocommerce"), ("boutique", "shopify"), ("depot", "magento")):
            body = event(platform, "01-new-customer")
            self.stack.accept(store, body)
            posted[store] = STORES[store].order_id(body)
        for route, (store, destination) in ROUTES.items():
            entry = self.stack.settled(route, posted[store])
            self.assertTrue(entry["delivered"]["records"], entry)
            print(f"{route}: order {posted[store]} is delivered, {len(entry['delivered']['records'])} records")
        gained = {name: count - before[name] for name, count in self.counts().items()}
        self.assertEqual(gained, {"sales": 3, "crm": 1, "erp": 1})

    def test_2_the_same_webhook_again_changes_nothing(self):
        body = self.new_order(71001)
        self.stack.accept("acme", body)
        revisions = {route: self.stack.settled(route, 71001)["revision"] for route in ROUTES if route.startswith("acme")}
        counts, writes = self.counts(), {name: len(sandbox.writes()) for name, sandbox in self.stack.sandboxes.items()}
        self.stack.accept("acme", body)
        for route, revision in revisions.items():
            until(lambda: self.stack.orders()[route, "71001"]["revision"] > revision, f"the repetition is noted for {route}")
            self.assertEqual(self.stack.settled(route, 71001)["state"], "delivered")
        self.assertEqual(self.counts(), counts)
        self.assertEqual({name: len(sandbox.writes()) for name, sandbox in self.stack.sandboxes.items()}, writes)

    def test_3_a_destination_that_answers_503_gets_the_order_later(self):
        self.stack.sandboxes["sales"].fault("unavailable", True)
        self.addCleanup(self.stack.sandboxes["sales"].calm)
        self.stack.accept("acme", self.new_order(71002))
        entry = self.stack.settled("acme-sales", 71002)
        self.assertGreater(entry["revision"], self.stack.settled("acme-crm", 71002)["revision"], "the other destinations needed no second try")

    def test_4_a_poison_order_becomes_a_dead_letter_and_is_replayed_after_a_fix(self):
        body = event("woocommerce", "08-unknown-product")
        number = str(body["id"])
        self.stack.accept("acme", body)
        self.stack.settled("acme-crm", number)
        for route in ("acme-sales", "acme-erp"):
            self.stack.settled(route, number, "rejected")
        letters = [letter for letter in self.stack.dead() if letter["message"]["order"] == number]
        self.assertEqual(sorted(letter["message"]["route"] for letter in letters), ["acme-erp", "acme-sales"])
        self.assertEqual({self.notices("Salesforce"), self.notices("Netsuite"), self.notices("Zoho")}, {1, 0})
        self.stack.configure(missing_product="skip")
        self.stack.restart_functions()
        for letter in letters:
            status, out, err = self.stack.run("dead", "replay", str(letter["id"]), "--aws", STACK)
            self.assertEqual(status, 0, out + err)
        for route in ("acme-sales", "acme-erp"):
            self.stack.settled(route, number)
        self.assertEqual([letter for letter in self.stack.dead() if letter["message"]["order"] == number], [])

    def test_7_figures_are_told_when_no_order_comes_either(self):
        self.stack.look_around()
        told = "\n".join(self.stack.cloud.function_log(f"{STACK}-deliver")[-40:])
        for figure in ("dead_letters", "queue_depth", "circuit_open", "destination_dead", "destination_open"):
            self.assertIn(f'"{figure}"', told)
        self.assertIn('"destination":"sales"', told)

    def notices(self, system):
        """How many notices wait in a dead-letter queue."""
        url = self.stack.outputs[f"{system}DeadLetterQueueUrl"]
        told = self.stack.cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(told["Attributes"]["ApproximateNumberOfMessages"])

    def test_5_what_is_no_webhook_is_refused_as_the_server_refuses_it(self):
        body = self.new_order(71003)
        self.assertEqual(self.stack.post("acme", body, headers={"Content-Type": "application/json", "X-WC-Webhook-Topic": "order.created"})[0], 401)
        self.assertEqual(self.stack.post("acme", b"webhook_id=1", headers={"Content-Type": "application/x-www-form-urlencoded"})[0], 200)
        self.assertEqual(call(self.stack.address("/webhooks/nobody"), "POST", b"{}", {"Content-Type": "application/json"})[0], 404)
        self.assertEqual(call(self.stack.address("/healthz"))[0], 200)
        status, _, answer = call(self.stack.address("/"))
        self.assertEqual((status, answer["status"]), (404, "refused"), "every address is answered in words, by the function")
        self.assertEqual([key for key in self.stack.orders() if key[1] == "71003"], [])

    def test_6_the_operator_is_told_every_address_and_no_secret(self):
        status, out, err = self.stack.run("check", "--config", str(self.stack.config), "--aws", STACK)
        self.assertEqual(status, 0, out + err)
        for store, secret in self.stack.secrets.items():
            self.assertIn(f"{self.stack.outputs['WebhookUrl']}{store}", out)
            self.assertNotIn(secret, out + err)
        self.assertRegex(out, "functions: the account runs [0-9]+ at the same time, [0-9]+ of them not reserved; 8 of them deliver at most, which leaves [0-9]+ for webhooks")


if __name__ == "__main__":
    unittest.main()
