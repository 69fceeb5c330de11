"""The command-line program: exit statuses, the demo, preview, check, the ledger and the dead letters."""

import json
import socket
import subprocess
import unicodedata
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

    def test_two_shops_whose_orders_would_be_the_same_records_are_refused(self):
        config = self.bridge.config.read_text()
        route = '[[routes]]\nname = "second-sales"\nstore = "second"\ndestination = "sales"\nmapping = "woocommerce-salesforce"\n'
        second = f'\n[stores.second]\nplatform = "woocommerce"\nsecret = "orderbridge/stores/acme"\n{route}'
        self.bridge.config.write_text(config + second)
        at = ("--config", str(self.bridge.config))
        for command in (("check", *at), ("serve", *at, "--data", str(self.bridge.path / "new"), "--listen", "127.0.0.1:0")):
            with self.subTest(command):
                status, _, err = self.bridge.run(*command)
                self.assertEqual(status, 1, err)
                self.assertRegex(err, r"orderbridge\.toml:\d+: route second-sales: it would overwrite the records of route acme-sales \(\S*orderbridge\.toml:\d+\)")
                self.assertIn('prefix = "second-"', err)
        self.bridge.config.write_text(f'{config}{second}[routes.vars]\nprefix = "second-"\n')
        status, out, err = self.bridge.run("check", *at)
        self.assertEqual(status, 0, err)
        self.assertIn("2 route(s)", out)

    def test_a_mapping_for_another_platform_is_refused(self):
        self.bridge.config.write_text(self.bridge.config.read_text().replace('"woocommerce-salesforce"', '"shopify-salesforce"'))
        at = ("--config", str(self.bridge.config))
        event = str(EVENTS / "woocommerce" / "01-new-customer.json")
        serve = ("serve", *at, "--data", str(self.bridge.path / "new"), "--listen", "127.0.0.1:0")
        for command in (("check", *at), serve, ("preview", *at, "--route", "acme-sales", event)):
            with self.subTest(command):
                status, _, err = self.bridge.run(*command)
                self.assertEqual(status, 1, err)
                self.assertRegex(err, r"orderbridge\.toml:\d+: route acme-sales: the mapping shopify-salesforce is for orders of shopify, but the store acme is woocommerce")

    def test_a_webhook_secret_that_others_know_is_refused_and_not_repeated(self):
        secrets_file = self.bridge.path / "secrets.toml"
        good = secrets_file.read_text()
        serve = ("serve", "--config", str(self.bridge.config), "--data", str(self.bridge.path / "new"), "--listen", "127.0.0.1:0")
        for secret, why in (("tiny", "shorter"), ("ck_51m0000000000000000000000000000000000001", "a key of the shop's API"),
                            ("cs_51m0000000000000000000000000000000000001", "a key of the shop's API"), ("fake0webhook0secret0fake0webhook0secret", "of the example")):
            secrets_file.write_text(good.replace(self.bridge.secret, secret))
            for command in (("check", "--config", str(self.bridge.config)), serve):
                with self.subTest((secret, command[0])):
                    status, out, err = self.bridge.run(*command)
                    self.assertEqual(status, 1, out + err)
                    self.assertIn(why, err)
                    self.assertNotIn(secret, out + err)

    def test_exit_status_2_for_wrong_usage_and_1_for_failure(self):
        self.assertEqual(self.bridge.run("no-such-command")[0], 2)
        self.assertEqual(self.bridge.run("preview")[0], 2)
        self.assertEqual(self.bridge.run("check", "--config", "/no/such/file.toml")[0], 1)
        self.assertEqual(self.bridge.run("orders", "list", "--data", str(self.bridge.path / "nothing"))[0], 1)

    def test_a_folder_and_a_stack_at_once_are_wrong_usage(self):
        for command in (("orders", "list"), ("orders", "show", "1"), ("dead", "list"), ("dead", "show", "1"), ("dead", "replay", "--all"), ("dead", "drop", "--all"),
                        ("privacy", "list"), ("privacy", "done", "1"), ("check",)):
            with self.subTest(command):
                status, _, err = self.bridge.run(*command, "--data", str(self.bridge.data), "--aws", "orderbridge")
                self.assertEqual(status, 2, err)
                self.assertIn("cannot be used with", err)
                self.assertEqual(self.bridge.run(*command, "--region", "eu-central-1")[0], 2)

    def push(self, env, *arguments):
        """`secrets push` where no AWS is; (exit status, standard output, standard error)."""
        file = self.bridge.path / ".env"
        file.write_text(env)
        alone = {"HOME": str(self.bridge.path), "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run([str(PROGRAM), "secrets", "push", "--config", str(self.bridge.config), "--env-file", str(file), *arguments],
                              capture_output=True, text=True, timeout=60, env=alone)
        self.assertNotIn("hush", done.stdout + done.stderr)
        return done.returncode, done.stdout, done.stderr

    def test_secrets_push_says_what_is_missing_for_which_secret_and_where_it_is_found(self):
        status, _, err = self.push("SALESFORCE_CLIENT_ID=hush-id\nSALESFORCE_LOGIN_URL=https://login.salesforce.com\n")
        self.assertEqual(status, 1)
        for part in ("secret orderbridge/stores/acme (woocommerce acme): webhook_secret is missing; set WOOCOMMERCE_WEBHOOK_SECRET, or ACME__WOOCOMMERCE_WEBHOOK_SECRET",
                     "secret orderbridge/destinations/sales (salesforce sales): client_secret is missing; set SALESFORCE_CLIENT_SECRET", "Consumer Secret"):
            self.assertIn(part, err)
        self.assertNotIn("client_id is missing", err)

    def test_secrets_push_takes_the_names_of_one_store_before_the_common_ones(self):
        both = "WOOCOMMERCE_WEBHOOK_SECRET=short\nACME__WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\nSALESFORCE_CLIENT_ID=hush\nSALESFORCE_CLIENT_SECRET=hush\n"
        status, out, err = self.push(both, "--dry-run")
        self.assertEqual(status, 0, err)
        self.assertIn("would hold orderbridge/stores/acme: webhook_secret", out)
        self.assertIn("would hold orderbridge/destinations/sales: client_id, client_secret", out)
        self.assertIn("no secret needs WOOCOMMERCE_WEBHOOK_SECRET", out)
        self.assertNotIn("shorter than", out)

    def test_secrets_push_without_a_region_writes_nothing_and_says_how_to_name_one(self):
        status, _, err = self.push("WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\nSALESFORCE_CLIENT_ID=hush\nSALESFORCE_CLIENT_SECRET=hush\n")
        self.assertEqual(status, 1)
        self.assertIn("nothing was written", err)
        self.assertIn("--region", err)

    def test_a_env_file_that_cannot_be_read_is_told_by_line_without_what_stands_there(self):
        status, _, err = self.push('A=1\nWOOCOMMERCE_WEBHOOK_SECRET="hush" // not a comment\nSALESFORCE_CLIENT_SECRET="hush hush\n')
        self.assertEqual(status, 1)
        self.assertIn(".env:2:", err)
        self.assertIn(".env:3:", err)
        status, _, err = self.push("A=1\nSALESFORCE_CLIENT_SECRET=hush$HOME\n")
        self.assertEqual(status, 1)
        self.assertIn(".env:2: a $", err)
        self.assertIn("single quotes", err)

    def test_wrong_usage_of_secrets_push(self):
        self.assertEqual(self.bridge.run("secrets", "push")[0], 2)
        self.assertEqual(self.bridge.run("secrets", "push", "--config", str(self.bridge.config), "--env-file", "/no/such/.env")[0], 1)

    def test_send_signs_as_the_shop_does(self):
        self.bridge.start()
        status, out, err = self.bridge.run("send", "--config", str(self.bridge.config), "--store", "acme", "--url", self.bridge.url, str(EVENTS / "woocommerce" / "03-guest.json"))
        self.assertEqual(status, 0, out + err)
        self.assertIn("accepted", out)

    def test_a_backup_of_a_running_server_is_a_folders_data_again(self):
        self.bridge.start()
        for number in range(800, 820):
            self.bridge.accept(order(number, billing={"email": f"{number}@example.com"}))
        copy = self.bridge.path / "copy.db"
        status, out, err = self.bridge.run("backup", str(copy), "--data", str(self.bridge.data))
        self.assertEqual(status, 0, out + err)
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
        status, _, err = self.bridge.run("backup", str(copy), "--data", str(self.bridge.data))
        self.assertEqual(status, 1)
        self.assertIn("is there already", err)
        restored = self.bridge.path / "restored"
        restored.mkdir(mode=0o700)
        copy.rename(restored / "orderbridge.db")
        status, out, err = self.bridge.run("orders", "list", "--data", str(restored), "--json")
        self.assertEqual(status, 0, err)
        self.assertEqual({one["key"]["order"] for one in json.loads(out)}, {str(number) for number in range(800, 820)})

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
        status, out, err = self.bridge.run("dead", "drop", "--all", *data)
        self.assertEqual(status, 1, "what destroys asks first")
        self.assertIn("2 dead letters", out)
        self.assertIn(f"orderbridge dead drop --all --yes --data {self.bridge.data}", err)
        self.assertEqual(len(self.bridge.dead()), 2)
        self.assertEqual(self.bridge.run("dead", "drop", "--all", "--yes", *data)[0], 0)
        self.assertEqual(self.bridge.dead(), [])
        self.assertEqual(self.bridge.run("dead", "show", letter["id"], *data)[0], 1)

    def test_nothing_from_outside_commands_the_operators_terminal_or_makes_rows(self):
        evil = "x\x1b]0;title\x07\x9b2J\x1b[31m\u202egnp.exe\n1043  acme-sales  delivered"
        self.bridge.start()
        body = {"code": "woocommerce_rest_cannot_view", "message": evil, "data": {"status": 401}}
        self.bridge.accept(json.dumps(body, ensure_ascii=False).encode())
        letter = until(self.bridge.dead, "a dead letter")[0]
        data = ("--data", str(self.bridge.data))
        commands = (("dead", "list"), ("dead", "show", letter["id"]), ("orders", "list"), ("dead", "list", "--json"), ("dead", "show", letter["id"], "--json"))
        for command in commands:
            status, out, err = self.bridge.run(*command, *data)
            self.assertEqual(status, 0, err)
            found = [character for character in out if unicodedata.category(character) in ("Cc", "Cf") and character != "\n"]
            self.assertEqual(found, [], command)
        rows = self.bridge.run("dead", "show", letter["id"], *data)[1].splitlines()
        self.assertEqual([row for row in rows if row.startswith("1043")], [])
        self.assertIn("\u202egnp.exe\n1043", letter["reason"], "JSON means what was there")


if __name__ == "__main__":
    unittest.main()
