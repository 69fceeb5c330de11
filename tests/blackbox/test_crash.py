"""Accepted means durable: nothing that the shop got a 200 for is lost, however the program ends."""

import random
import unittest

from harness import SimulatorCase, order, sample, until


class Crash(SimulatorCase):
    # A program that is killed between the login's answer and its note of it has to log in again.
    allowed = ("needless_token",)

    def test_killed_straight_after_the_200(self):
        self.sim.admin("faults", {"rules": [{"match": {"path_re": "."}, "action": "delay:400"}]})
        self.bridge.accept(sample())
        self.bridge.kill()
        self.sim.admin("faults", {"rules": []})
        self.bridge.start()
        self.bridge.settled(12345)
        self.assertEqual(len(self.sim.records("Opportunity")), 1)

    def test_killed_again_and_again_while_orders_come_in(self):
        moments = random.Random(20231026)
        numbers = list(range(1000, 1060))
        for number in numbers:
            self.bridge.accept(order(number, customer_id=number % 7 + 1, billing={"email": f"c{number % 7}@example.com"}))
            if moments.random() < 0.15:
                self.bridge.kill()
                self.bridge.start()
        until(lambda: all(self.bridge.orders().get(str(number), {}).get("state") == "delivered" for number in numbers), "all delivered", timeout=120)
        opportunities = [record["WooCommerce_Order_ID__c"] for record in self.sim.records("Opportunity")]
        self.assertEqual(sorted(opportunities), sorted(str(number) for number in numbers))
        self.assertEqual(len(self.sim.records("Contact")), 7)
        self.assertEqual(len(self.sim.records("OpportunityLineItem")), 2 * len(numbers))

    def test_sigterm_ends_with_status_0_and_loses_nothing(self):
        for number in range(2000, 2010):
            self.bridge.accept(order(number, customer_id=number, billing={"email": f"c{number}@example.com"}))
        self.assertEqual(self.bridge.terminate(), 0)
        self.bridge.start()
        for number in range(2000, 2010):
            self.bridge.settled(number)
        self.assertEqual(len(self.sim.records("Opportunity")), 10)


if __name__ == "__main__":
    unittest.main()
