"""`diff` says what a changed mapping would change at orders, before anything is written."""

import json
import unittest
from pathlib import Path

from harness import DOUBLE, Bridge, Sandbox, order



class DiffTest(unittest.TestCase):
    def setUp(self):
        if not Path(DOUBLE).exists():
            self.skipTest(f"skipped: the project's own double is not built: {DOUBLE}")
        self.sandbox = Sandbox("salesforce")
        self.addCleanup(self.sandbox.stop)
        self.bridge = Bridge(self.sandbox.account(), route='[routes.vars]\nmissing_product = "create"\n')
        self.addCleanup(self.bridge.stop)
        self.bridge.start()
        self.bodies = [order(number, customer_id=number, billing={"email": f"diff{number}@example.com"}) for number in range(501, 504)]
        self.files = []
        for body in self.bodies:
            file = self.bridge.path / f"{body['id']}.json"
            file.write_text(json.dumps(body))
            self.files.append(str(file))

    def diff(self, *arguments, status=0):
        found, out, err = self.bridge.run("diff", *arguments, "--json", "--config", str(self.bridge.config), "--data", str(self.bridge.data))
        self.assertEqual(found, status, f"{out}\n{err}")
        return json.loads(out)

    def changed_mapping(self):
        """The configuration with another stage for the route's orders."""
        text = self.bridge.config.read_text()
        config = self.bridge.path / "changed.toml"
        config.write_text(text.replace('missing_product = "create"\n', 'missing_product = "create"\n[routes.set.opportunity]\nDescription = "{{ order.number }} by the web shop"\n'))
        return config

    def test_a_changed_mapping_is_looked_at_before_it_is_applied(self):
        for body in self.bodies[:2]:
            self.bridge.accept(body)
            self.bridge.settled(body["id"])
        same = self.diff(*self.files)
        self.assertEqual(same["counts"], {"new": 1, "unchanged": 2})
        writes = self.sandbox.writes()
        self.bridge.config = self.changed_mapping()
        changed = self.diff(*self.files)
        self.assertEqual(changed["counts"], {"changes": 2, "new": 1})
        self.assertNotEqual(changed["mapping"], same["mapping"])
        fields = {(one["number"], differs["field"], differs["expected"]) for one in changed["orders"] for differs in one["differs"]}
        self.assertIn(("501", "opportunity.Description", "501 by the web shop"), {(number, field, text.replace("#", "")) for number, field, text in fields})
        self.assertEqual(len(fields), 2, fields)
        self.assertEqual(self.sandbox.writes(), writes, "nothing is written")

    def test_what_no_order_can_be_made_of_is_said(self):
        broken = self.bridge.path / "broken.json"
        broken.write_text('{"hello": "world"}')
        told = self.diff(str(broken), status=1)
        self.assertEqual((told["counts"], len(told["notes"])), ({}, 1))
        status, _, err = self.bridge.run("diff", "--route", "nowhere", str(broken), "--config", str(self.bridge.config), "--data", str(self.bridge.data))
        self.assertEqual(status, 1)
        self.assertIn("no route named nowhere", err)


if __name__ == "__main__":
    unittest.main()
