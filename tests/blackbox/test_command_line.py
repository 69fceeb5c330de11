"""The command-line program: exit statuses, the demo, preview, check, the ledger and the dead letters."""

import json
import socket
import subprocess
import unittest

from harness import EVENTS, PROGRAM, ROOT, Account, Bridge, order, until


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.bridge = Bridge(Account.salesforce("http://127.0.0.1:9", {"client_id": "fake", "client_secret": "fake"}))
        self.addCleanup(self.bridge.stop)

    def test_the_demo_delivers_all_good_sample_orders(self):
        done = subprocess.run([str(PROGRAM), "demo", "--once"], capture_output=True, text=True, timeout=120, cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for word in ("delivered", "unchanged", "stale", "rejected", "NO-SUCH-SKU"):
            self.assertIn(word, done.stdout)

    def test_preview_prints_the_plan_and_the_requests_and_sends_nothing(self):
        # The configured destination would answer this: nobody may call it.
        with socket.socket() as trap:
            trap.bind(("127.0.0.1", 0))
            trap.listen()
            trap.settimeout(0.2)
            text = self.bridge.config.read_text().replace("http://127.0.0.1:9", f"http://127.0.0.1:{trap.getsockname()[1]}")
            self.bridge.config.write_text(text)
            status, out, err = self.bridge.run("preview", "--config", str(self.bridge.config), "--route", "acme-sales", str(EVENTS / "woocommerce" / "01-new-customer.json"))
            self.assertEqual(status, 0, err)
            with self.assertRaises(TimeoutError):
                trap.accept()
        preview = json.loads(out)
        self.assertEqual([record["object"] for record in preview["records"]].count("OpportunityLineItem"), 2)
        paths = [request["path"] for request in preview["requests"]]
        self.assertTrue(any(path.endswith("/composite/graph") for path in paths), paths)
        self.assertIn("WooCommerce Order #12345", out)

    def test_check_reports_all_problems_together_with_file_and_line(self):
        self.bridge.config.write_text('[stores.acme]\nplatform = "woocomerce"\nsecert = "x"\n\n[[routes]]\nname = "r"\nstore = "nobody"\ndestination = "none"\n')
        status, _, err = self.bridge.run("check", "--config", str(self.bridge.config))
        self.assertEqual(status, 1)
        for word in ("secert", "woocomerce", "nobody", "none", "orderbridge.toml:"):
            self.assertIn(word, err)

    def test_check_passes_a_good_configuration(self):
        status, out, err = self.bridge.run("check", "--config", str(self.bridge.config))
        self.assertEqual(status, 0, err)
        self.assertIn("1 route(s)", out)

    def test_a_short_secret_is_warned_of_and_works(self):
        secrets_file = self.bridge.path / "secrets.toml"
        secrets_file.write_text(secrets_file.read_text().replace(self.bridge.secret, "short"))
        self.bridge.secret = "short"
        status, out, err = self.bridge.run("check", "--config", str(self.bridge.config))
        self.assertEqual(status, 0, err)
        self.assertIn("shorter", out)
        self.bridge.start()
        self.bridge.accept(order(1))

    def test_exit_status_2_for_wrong_usage_and_1_for_failure(self):
        self.assertEqual(self.bridge.run("no-such-command")[0], 2)
        self.assertEqual(self.bridge.run("preview")[0], 2)
        self.assertEqual(self.bridge.run("check", "--config", "/no/such/file.toml")[0], 1)
        self.assertEqual(self.bridge.run("orders", "list", "--data", str(self.bridge.path / "nothing"))[0], 1)

    def test_send_signs_as_the_shop_does(self):
        self.bridge.start()
        status, out, err = self.bridge.run("send", "--config", str(self.bridge.config), "--store", "acme", "--url", self.bridge.url, str(EVENTS / "woocommerce" / "03-guest.json"))
        self.assertEqual(status, 0, out + err)
        self.assertIn("accepted", out)

    def test_dead_letters_are_shown_replayed_and_dropped(self):
        self.bridge.start()
        self.bridge.accept({"hello": "world"})
        self.bridge.accept(order(5, total="NaN"))
        until(lambda: len(self.bridge.dead()) == 2, "two dead letters")
        data = ("--data", str(self.bridge.data))
        letter = [letter for letter in self.bridge.dead() if letter["message"]["order"] == "5"][0]
        status, out, _ = self.bridge.run("dead", "show", letter["id"], *data)
        self.assertEqual(status, 0)
        self.assertIn("NaN", out)
        self.assertEqual(self.bridge.run("dead", "replay", letter["id"], *data)[0], 0)
        again = until(lambda: [found for found in self.bridge.dead() if found["message"]["replays"] == 1], "dead again, one replay later")
        self.assertNotEqual(again[0]["id"], letter["id"])
        self.assertEqual(self.bridge.run("dead", "drop", "--all", *data)[0], 0)
        self.assertEqual(self.bridge.dead(), [])
        self.assertEqual(self.bridge.run("dead", "show", letter["id"], *data)[0], 1)


if __name__ == "__main__":
    unittest.main()
