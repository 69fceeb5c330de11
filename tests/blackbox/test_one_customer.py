"""Two orders of one new customer, posted at the same instant, make one customer in every destination: again and again."""

import json
import threading
import unittest

from harness import SimulatorCase, order, until

REPETITIONS = 100


class OneCustomer:
    """`customers` names the destination's kind of record for a person, and its field with the e-mail."""

    def test_two_orders_at_the_same_instant_make_one_customer(self):
        numbers = []
        for repetition in range(REPETITIONS):
            email = f"new-{repetition}@example.com"
            pair = [order(10_000 + 2 * repetition + place, customer_id=1_000 + repetition, billing={"email": email}) for place in (0, 1)]
            numbers += [body["id"] for body in pair]
            self.at_once(pair)
        until(lambda: self.all_delivered(numbers), "all are delivered", timeout=180)
        kind, field, orders = self.customers
        emails = sorted(record[field].lower() for record in self.sim.records(kind))
        self.assertEqual(emails, sorted(f"new-{repetition}@example.com" for repetition in range(REPETITIONS)))
        self.assertEqual(len(self.sim.records(orders)), 2 * REPETITIONS)

    def at_once(self, pair):
        gate, failures = threading.Barrier(len(pair)), []

        def post(body):
            raw = json.dumps(body).encode()
            gate.wait()
            status, _, answer = self.bridge.post(raw)
            if status != 200:
                failures.append((status, answer))
        threads = [threading.Thread(target=post, args=(body,)) for body in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def all_delivered(self, numbers):
        orders = self.bridge.orders()
        return all(orders.get(str(number), {}).get("state") == "delivered" for number in numbers)


class Salesforce(OneCustomer, SimulatorCase):
    customers = ("Contact", "Email", "Opportunity")


class Zoho(OneCustomer, SimulatorCase):
    system = "zoho"
    customers = ("Contacts", "Email", "Deals")


class NetSuite(OneCustomer, SimulatorCase):
    system = "netsuite"
    customers = ("customer", "email", "salesOrder")
    route = '[routes.vars]\nmissing_product = "skip"\n'


if __name__ == "__main__":
    unittest.main()
