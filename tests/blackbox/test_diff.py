"""`diff` says what a changed mapping would change at orders, before anything is written."""

import json
import shlex
import unittest
from pathlib import Path

from harness import DOUBLE, Bridge, Sandbox, order, until



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

    def test_what_waits_is_compared_before_anything_tries_it(self):
        self.bridge.accept(self.bodies[1])
        self.bridge.settled(502)
        until(lambda: self.bridge.waiting() == 0, "it has left the queue, a moment after the ledger has it")
        self.sandbox.refuse_logins()
        self.bridge.accept(self.bodies[0])
        self.bridge.accept({**self.bodies[0], "status": "completed", "date_modified_gmt": "2030-01-01T00:00:00"})
        told = self.diff("--waiting")
        self.assertEqual((told["counts"], [one["order"] for one in told["orders"]]), ({"new": 1}, ["501"]), "an order once, however many of its states wait")
        status, _, err = self.bridge.run("diff", "--waiting", "--apply", "--config", str(self.bridge.config), "--data", str(self.bridge.data))
        self.assertEqual(status, 2, err)

    def test_a_shared_customer_is_compared_at_the_newest_order_only(self):
        for number, company, modified in ((511, "Old Ltd", "2024-01-01T00:00:00"), (512, "New Ltd", "2024-01-02T00:00:00")):
            body = order(number, customer_id=77, billing={"email": "shared@example.com", "phone": "1", "city": company}, date_modified_gmt=modified)
            self.bridge.accept(body)
            self.bridge.settled(number)
            file = self.bridge.path / f"{number}.json"
            file.write_text(json.dumps(body))
        files = [str(self.bridge.path / f"{number}.json") for number in (511, 512)]
        self.assertEqual(self.diff(*files)["counts"], {"unchanged": 2}, "the later order rightly wrote the customer otherwise")
        text = self.bridge.config.read_text()
        self.bridge.config = self.bridge.path / "changed.toml"
        self.bridge.config.write_text(text.replace('missing_product = "create"\n', 'missing_product = "create"\n[routes.set.contact]\nDescription = "a customer"\n'))
        changed = self.diff(*files)
        told = {one["order"]: [differs["field"] for differs in one["differs"]] for one in changed["orders"]}
        self.assertEqual(told, {"511": [], "512": ["contact.Description"]})

    def test_letters_are_applied_after_a_question_and_only_then(self):
        right = self.bridge.config.read_text()
        self.bridge.config.write_text(right.replace('missing_product = "create"', ""))
        self.bridge.terminate()
        self.bridge.start()
        for body in self.bodies:
            body["line_items"][0]["sku"] = "TEA-2"
            self.bridge.accept(body)
            self.bridge.settled(body["id"], "rejected")
        self.bridge.config.write_text(right)
        self.bridge.terminate()
        self.bridge.start()
        at = ("--config", str(self.bridge.config), "--data", str(self.bridge.data))
        status, out, err = self.bridge.run("diff", "--letters", "--apply", *at)
        self.assertEqual(status, 1, out + err)
        self.assertIn("3 orders would be put into the queue", err)
        self.assertEqual(len(self.bridge.dead()), 3, "it asks first")
        words = shlex.split(err.split("to do it: ")[1])
        self.assertEqual(words[0], "orderbridge")
        status, out, err = self.bridge.run(*words[1:])
        self.assertEqual(status, 0, out + err)
        self.assertIn("3 messages put into the queue; a running server delivers them", out)
        for body in self.bodies:
            self.bridge.settled(body["id"])
        self.assertEqual(self.bridge.dead(), [])

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
