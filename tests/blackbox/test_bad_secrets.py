"""A secret that cannot be used stops only whose it is."""

import unittest

from harness import Account, Bridge, order, until

SECOND = """
[stores.second]
platform = "woocommerce"
secret = "orderbridge/stores/second"

[destinations.crm]
system = "salesforce"
secret = "orderbridge/destinations/crm"
auth = "client_credentials"
login_url = "http://127.0.0.1:9"

[[routes]]
name = "acme-crm"
store = "acme"
destination = "crm"
mapping = "woocommerce-salesforce"

[[routes]]
name = "second-sales"
store = "second"
destination = "sales"
mapping = "woocommerce-salesforce"
[routes.vars]
prefix = "second-"
"""


class BadSecrets(unittest.TestCase):
    def setUp(self):
        account = Account.salesforce("http://127.0.0.1:9", {"client_id": "fake", "client_secret": "fake"})
        self.bridge = Bridge(account, server=SECOND)
        self.addCleanup(self.bridge.stop)

    def test_the_good_store_is_received_from_and_the_broken_destination_left_alone(self):
        self.bridge.start()
        self.bridge.accept(order(1))
        status, headers, answer = self.bridge.post(order(2), store="second")
        self.assertEqual((status, headers["Retry-After"]), (503, "60"))
        self.assertIn("secret", answer["reason"])
        for part in ("orderbridge/stores/second", "orderbridge/destinations/crm", "it goes on with what is good"):
            self.assertIn(part, self.bridge.logs())
        status, out, err = self.bridge.run("check", "--config", str(self.bridge.config), "--data", str(self.bridge.data), "--live")
        self.assertEqual(status, 1, "check wants all of it to be right")
        self.assertIn("orderbridge/stores/second", err)
        until(lambda: self.bridge.left_alone(), "the circuit of crm is open")

    def test_without_any_good_store_nothing_starts(self):
        (self.bridge.path / "secrets.toml").write_text("")
        with self.assertRaises(AssertionError):
            self.bridge.start()
        self.bridge.process.wait(timeout=10)
        self.bridge.process.stdout.close()
        self.assertIn("orderbridge/stores/acme", self.bridge.logs())
        self.assertIn("orderbridge/destinations/sales", self.bridge.logs())


if __name__ == "__main__":
    unittest.main()
