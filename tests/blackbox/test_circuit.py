"""A destination that is left alone: what the server finds out is shared with every other process over its data."""

import unittest

from harness import SimulatorCase, order, until


class Circuit(SimulatorCase):
    delivery = "circuit_after = 2"
    # `check --live` asks for a token of its own each time.
    allowed = ("needless_token",)

    def check(self):
        """What `check --live` says of the circuit, whatever else it finds."""
        _, out, _ = self.bridge.run("check", "--config", str(self.bridge.config), "--data", str(self.bridge.data), "--live")
        return next(line for line in out.splitlines() if "destination sales" in line)

    def test_refused_credentials_open_it_for_all_and_it_closes_by_itself(self):
        self.assertEqual(self.bridge.run("check", "--config", str(self.bridge.config), "--data", str(self.bridge.data))[0], 0)
        self.sim.admin("faults", {"rules": [{"match": {"kind": "token"}, "action": "oauth_error"}]})
        for number in range(1, 6):
            self.bridge.accept(order(number, billing={"email": f"{number}@example.com"}))
        said = until(lambda: (line := self.check()).startswith("open") and line, "the circuit is open")
        self.assertIn("authentication", said)

        # A killed server leaves it open for the next one; the probes of that one close it when the credentials are good again.
        self.bridge.kill()
        self.assertTrue(self.check().startswith("open"))
        self.bridge.start()
        self.sim.admin("faults", {"rules": []})
        for number in range(1, 6):
            self.bridge.settled(number)
        self.assertTrue(self.check().startswith("ok"), self.check())
        self.assertEqual(self.bridge.dead(), [])

    def test_an_outage_opens_it_and_messages_wait_unspent(self):
        self.sim.admin("faults", {"rules": [{"match": {"path_re": "."}, "action": "status:503"}]})
        for number in range(1, 6):
            self.bridge.accept(order(number, billing={"email": f"{number}@example.com"}))
        said = until(lambda: (line := self.check()).startswith("open") and line, "the circuit is open")
        self.assertIn("outage", said)
        self.sim.admin("faults", {"rules": []})
        for number in range(1, 6):
            self.assertIsNone(self.bridge.settled(number)["last_error"])
        self.assertEqual(self.bridge.dead(), [])


if __name__ == "__main__":
    unittest.main()
