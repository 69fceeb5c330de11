"""A running server takes a changed configuration on SIGHUP, and keeps the one it has where the new one is wrong."""

import os
import signal
import threading
import unittest
from pathlib import Path

from harness import DOUBLE, Bridge, Sandbox, call, order, until

ROUTE = '[routes.vars]\nmissing_product = "create"\n'
DESCRIBED = ROUTE + '[routes.set.opportunity]\nDescription = "{text}"\n'


@unittest.skipUnless(hasattr(signal, "SIGHUP"), "skipped: this system has no SIGHUP")
class ReloadTest(unittest.TestCase):
    def setUp(self):
        if not Path(DOUBLE).exists():
            self.skipTest(f"skipped: the project's own double is not built: {DOUBLE}")
        self.sandbox = Sandbox("salesforce")
        self.addCleanup(self.sandbox.stop)
        self.bridge = Bridge(self.sandbox.account(), route=ROUTE)
        self.addCleanup(self.bridge.stop)
        self.bridge.start("--metrics", "127.0.0.1:0")
        self.text = self.bridge.config.read_text()

    def change(self, text, expected):
        told = self.bridge.logs().count(expected)
        self.bridge.config.write_text(text)
        os.kill(self.bridge.process.pid, signal.SIGHUP)
        until(lambda: self.bridge.logs().count(expected) > told, lambda: f"{expected}\n{self.bridge.logs()[-3000:]}")

    def described(self, number):
        """What a new order's record says."""
        self.bridge.accept(order(number, customer_id=number, billing={"email": f"reload{number}@example.com"}))
        self.bridge.settled(number)
        texts = [record.get("Description") for record in self.sandbox.records("Opportunity")]
        return [text for text in texts if text]

    def test_a_changed_mapping_is_taken_over_and_a_bad_one_is_not(self):
        self.assertEqual(self.described(601), [])
        self.change(self.text.replace(ROUTE, DESCRIBED.format(text="second")), "route acme-sales runs mapping")
        self.assertEqual(self.described(602), ["second"])
        self.change(self.text.replace(ROUTE, DESCRIBED.format(text="{{ nonsense")), "not taken over")
        self.assertEqual(self.described(603), ["second", "second"])
        self.change(self.text.replace(ROUTE, DESCRIBED.format(text="third")), "route acme-sales runs mapping")
        self.assertEqual(self.described(604), ["second", "second", "third"])
        self.assertEqual(self.bridge.terminate(), 0)

    def test_no_webhook_is_refused_meanwhile_and_metrics_go_on(self):
        refused, done = [], threading.Event()

        def post():
            number = 700
            while not done.is_set():
                number += 1
                try:
                    self.bridge.accept(order(number, customer_id=number, billing={"email": f"reload{number}@example.com"}))
                except (AssertionError, OSError) as error:
                    refused.append(f"{number}: {error}")

        posting = threading.Thread(target=post)
        posting.start()
        try:
            for turn in range(5):
                self.change(self.text.replace(ROUTE, DESCRIBED.format(text=f"turn {turn}")), "route acme-sales runs mapping")
        finally:
            done.set()
            posting.join()
        self.assertEqual(refused, [])
        until(lambda: self.bridge.waiting() == 0, "all is delivered")
        metrics = next(line for line in iter(self.bridge.process.stdout.readline, "") if "metrics on" in line).split()[-1]
        status, _, _ = call(metrics)
        self.assertEqual(status, 200)


if __name__ == "__main__":
    unittest.main()
