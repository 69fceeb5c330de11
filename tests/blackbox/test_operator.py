"""What an operator sees and does by commands: status, orders that wait, dead letters in groups, hints that can be pasted."""

import json
import os
import re
import shlex
import signal
import subprocess
import time
import unittest

from harness import PROGRAM, Account, Bridge, Sandbox, order, until

AWAY = Account.salesforce("http://127.0.0.1:9", {"client_id": "fake", "client_secret": "fake"})


class OperatorCase(unittest.TestCase):
    """A server, and commands over its folder."""

    delivery = ""

    def setUp(self):
        self.bridge = Bridge(self.account(), delivery=self.delivery)
        self.addCleanup(self.bridge.stop)

    def account(self):
        self.crm = Sandbox("salesforce")
        self.addCleanup(self.crm.stop)
        return self.crm.account()

    def at(self):
        return ("--config", str(self.bridge.config), "--data", str(self.bridge.data))

    def command(self, *arguments, status=0):
        found, out, err = self.bridge.run(*arguments, *self.at())
        self.assertEqual(found, status, f"{arguments}\n{out}\n{err}\n{self.bridge.logs()[-2000:]}")
        return out + err

    def json(self, *arguments, status=0):
        found, out, err = self.bridge.run(*arguments, "--json", *self.at())
        self.assertEqual(found, status, f"{arguments}\n{out}\n{err}\n{self.bridge.logs()[-2000:]}")
        return json.loads(out)

    def paste(self, line, status=0):
        """Runs a command as a person pastes it."""
        words = shlex.split(line)
        self.assertEqual(words[0], "orderbridge")
        found, out, err = self.bridge.run(*words[1:])
        self.assertEqual(found, status, f"{line}\n{out}\n{err}")
        return out + err


def without_product(number, sku="NO-SUCH-SKU"):
    body = order(number)
    for line in body["line_items"]:
        line["sku"] = sku
    return body


class Waiting(OperatorCase):
    delivery = "circuit_after = 2"

    def account(self):
        return AWAY

    def test_an_order_that_waits_is_seen_with_what_is_before_it_and_why(self):
        self.bridge.start()
        numbers = range(1000, 1087)
        for number in numbers:
            self.bridge.accept(order(number, billing={"email": f"{number}@example.com"}))
        until(self.bridge.left_alone, "the circuit opens")
        waiting = self.json("orders", "list", "--state", "waiting", "--limit", "100")
        self.assertGreater(len(waiting), 30)
        self.assertTrue(all(one["state"] == "waiting" and one["key"]["route"] == "acme-sales" for one in waiting))
        everything = self.json("orders", "list", "--limit", "100")
        self.assertEqual({one["key"]["order"] for one in everything}, {str(number) for number in numbers}, "none of 87 is invisible")
        last = waiting[0]["order"]
        for name in (last, f"#{last}"):
            text = self.command("orders", "show", name)
            self.assertRegex(text, r"route acme-sales to sales: waiting")
            self.assertRegex(text, r"waiting since \d\d:\d\d, \d+ before it; .*sales left alone until (\w+ )?\d\d:\d\d: it does not answer properly")
        story, = self.json("orders", "show", last)
        self.assertGreater(story["waiting"][0]["before"], 30)
        self.assertEqual(story["circuit"]["why"], "outage")
        self.bridge.accept({**order(2000), "number": "W-2000"})
        newest = self.json("orders", "list", "--state", "waiting", "--limit", "1")[0]
        self.assertEqual((newest["order"], newest["number"]), ("2000", "W-2000"), "its number is known before anybody has tried it")
        self.assertIn("W-2000 (id 2000)", self.command("orders", "list", "--state", "waiting"))
        self.assertIn("W-2000", self.command("orders", "show", "2000"))
        tried = self.json("orders", "list", "--state", "retrying")
        self.assertIn("it gave no proper answer", tried[0]["reason"])

    def test_pages_show_each_order_once_and_the_next_is_a_command_to_paste(self):
        self.bridge.start()
        numbers = {str(number) for number in range(1000, 1025)}
        for number in numbers:
            self.bridge.accept(order(int(number), billing={"email": f"{number}@example.com"}))
        until(self.bridge.left_alone, "the circuit opens")
        self.bridge.kill()
        text, seen = self.command("orders", "list", "--limit", "10"), []
        for _ in range(3):
            seen += re.findall(r"^ ?(\d{4}) ", text, re.MULTILINE)
            more = re.search(r"more: (orderbridge .*)", text)
            if not more:
                break
            text = self.paste(more[1])
        self.assertEqual((len(seen), set(seen)), (25, numbers))


class Filters(OperatorCase):
    def account(self):
        return AWAY

    def test_an_unknown_value_of_any_filter_is_an_error_that_lists_the_known_ones(self):
        self.bridge.start()
        for command, known in ((("orders", "list", "--store", "acne"), "acme"), (("orders", "list", "--route", "acme-sale"), "acme-sales"),
                               (("orders", "list", "--state", "lost"), "waiting, retrying, delivered, skipped, rejected"), (("orders", "list", "--since", "yesterday"), "2d"),
                               (("dead", "list", "--class", "sad"), "validation"), (("dead", "list", "--group", "x"), "there are: none"),
                               (("dead", "list", "--store", "acne"), "acme"), (("dead", "replay", "--route", "acme-sale"), "acme-sales")):
            with self.subTest(command):
                self.assertIn(known, self.command(*command, status=1))


class Letters(OperatorCase):
    def test_a_group_is_one_line_and_one_replay(self):
        self.bridge.start()
        count = 30
        for number in range(2000, 2000 + count):
            self.bridge.accept(without_product(number))
        self.bridge.accept({"hello": "world"})
        until(lambda: len(self.bridge.dead()) == count + 1, "dead letters")
        groups = self.json("dead", "list")
        self.assertEqual([group["count"] for group in groups], [count, 1])
        self.assertTrue(all("NO-SUCH-SKU" in one["reason"] and one["group"] == groups[0]["id"] for one in self.json("orders", "list", "--state", "rejected")))
        self.assertIn("NO-SUCH-SKU", groups[0]["text"])
        text = self.command("status", status=1)
        self.assertIn(f"{count} could not be delivered", text)
        self.paste(re.search(r"orderbridge dead list .*", text)[0])
        group = ("--group", groups[0]["id"])
        for verb in ("replay", "drop"):
            text = self.command("dead", verb, *group, "--dry-run")
            self.assertIn(f"{count} dead letters", text)
            self.assertIn("nothing was done", text)
        self.assertIn("nothing was done", self.command("dead", "drop", *group, status=1))
        self.assertIn("nothing was done", self.command("dead", "replay", "--all", status=1))
        self.assertEqual(len(self.bridge.dead()), count + 1)
        self.crm.add_product("NO-SUCH-SKU")
        replay = re.search(r"after the fix: (.*)", self.command("dead", "list"))[1]
        self.assertIn(f"{count} put back", self.paste(replay))
        until(lambda: len(self.bridge.dead()) == 1, lambda: self.bridge.logs()[-2000:])
        until(lambda: len(self.crm.records("Opportunity")) == count, "all of them are delivered")

    def test_each_state_has_its_letter_and_several_ids_at_once(self):
        self.bridge.start()
        self.bridge.accept(without_product(7, "GONE-1"))
        until(self.bridge.dead, "a dead letter")
        self.bridge.accept(without_product(7, "GONE-2") | {"date_modified_gmt": "2030-01-01T00:00:00"})
        until(lambda: len(self.bridge.dead()) == 2, "the newer state dies as well")
        self.assertIn("GONE-2", self.bridge.dead()[0]["reason"])
        ids = [one["id"] for one in self.bridge.dead()]
        self.assertIn("no dead letter 99999", self.command("dead", "drop", *ids, "99999", "--yes", status=1))
        self.assertEqual(len(self.bridge.dead()), 2, "all or none where one is mistyped")
        self.assertIn("2 dropped", self.command("dead", "drop", *ids, "--yes"))
        self.assertEqual(self.bridge.dead(), [])

    def test_the_body_is_json_and_is_looked_at_under_the_present_mapping(self):
        self.bridge.start()
        self.bridge.accept(without_product(9))
        letter = until(self.bridge.dead, "a dead letter")[0]
        self.assertEqual(letter["message"]["body"]["line_items"][0]["sku"], "NO-SUCH-SKU")
        shown = self.json("dead", "show", letter["id"])
        self.assertEqual((shown["message"]["body"]["id"], shown["group"]["class"]), (9, letter["class"]))
        preview = json.loads(self.command("preview", "--letter", letter["id"]))
        self.assertEqual(preview["order"], "9")
        self.assertIn("nothing there", self.command("preview", "--letter", "99", status=1).replace("no dead letter 99", "nothing there"))

    def test_a_letter_of_another_mapping_says_so(self):
        self.bridge.start()
        self.bridge.accept(without_product(10))
        letter = until(self.bridge.dead, "a dead letter")[0]
        for text in (self.command("dead", "show", letter["id"]), self.command("dead", "list", "--ungrouped")):
            self.assertNotRegex(text, "other mapping|another one than now")
        config = self.bridge.config.read_text()
        self.bridge.config.write_text(config.replace("[delivery]", '[routes.vars]\nmissing_product = "create"\n[delivery]'))
        self.assertRegex(self.command("dead", "show", letter["id"]), rf"mapping: {letter['mapping']}, another one than now: woocommerce-salesforce@\w{{12}}")
        self.assertRegex(self.command("dead", "list", "--ungrouped"), r"\(other mapping\)")

    def test_an_edited_copy_is_replayed_and_the_original_kept(self):
        self.bridge.start()
        self.bridge.accept(without_product(11))
        letter = until(self.bridge.dead, "a dead letter")[0]

        def edit(script, status=0):
            editor = self.bridge.path / "editor.py"
            editor.write_text(f"import sys\nfile = sys.argv[1]\ntext = open(file).read()\n{script}\nopen(file, 'w').write(text)\n")
            environment = {**os.environ, "EDITOR": f"python3 {editor}", "VISUAL": ""}
            done = subprocess.run([str(PROGRAM), "dead", "edit", letter["id"], *self.at()], capture_output=True, text=True, timeout=60, env=environment)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return done.stdout + done.stderr

        self.assertIn("nothing was changed", edit(""))
        self.assertIn("no JSON", edit("text = text + '}'", status=1))
        self.assertIn("of another order: its id is 12", edit("text = text.replace('\"id\": 11,', '\"id\": 12,')", status=1))
        self.assertIn("ended with", edit("raise SystemExit(3)", status=1))
        self.assertEqual((self.bridge.waiting(), len(self.bridge.dead())), (0, 1))
        # An edited copy that dies as well stands beside what the shop sent.
        edit("text = text.replace('NO-SUCH-SKU', 'NEITHER-THIS')")
        both = until(lambda: len(found := self.bridge.dead()) == 2 and found, "the copy is a dead letter as well")
        self.assertEqual([one["message"].get("origin") for one in both], ["edited", None])
        self.assertEqual(both[1]["message"]["body"], letter["message"]["body"], "the original is as the shop sent it")
        text = edit("text = text.replace('NO-SUCH-SKU', '101')")
        self.bridge.settled(11)
        drop = re.search(r"once the order is delivered: (.*)", text)[1]
        self.assertIn("(superseded)", self.command("dead", "list", "--ungrouped"))
        self.paste(drop)
        self.assertEqual([one["id"] for one in self.bridge.dead()], [both[0]["id"]])


class Status(OperatorCase):
    def test_nothing_needs_a_person_until_something_does(self):
        self.bridge.start()
        self.command("status")
        self.bridge.accept(order(21))
        self.bridge.post(order(22), headers={"Content-Type": "application/json", "X-WC-Webhook-Signature": "d3Jvbmc=", "X-WC-Webhook-Topic": "order.created"})
        self.bridge.settled(21)
        store = until(lambda: (found := self.json("status")["stores"][0])["webhooks_24h"] and found, "the tally is written down", timeout=20)
        self.assertEqual((store["webhooks_24h"], store["webhook_alive"]), ({"accepted": 1, "refused": {"signature": 1}}, None))
        self.assertTrue(store["last_webhook"].endswith("Z"), "JSON says times in UTC")
        text = self.command("status")
        self.assertIn("nothing needs a person", text)
        self.assertRegex(text, r"just now|1 min ago")
        self.bridge.accept(without_product(23))
        until(self.bridge.dead, "a dead letter")
        whole = self.json("status", status=1)
        self.assertEqual([need["about"] for need in whole["needs_a_person"]], ["dead"])
        self.assertEqual((whole["destinations"][0]["dead"], whole["destinations"][0]["circuit"]), (1, None))


class Places(OperatorCase):
    def account(self):
        return AWAY

    def test_the_folder_may_stand_in_the_configuration_and_the_command_line_wins(self):
        self.bridge.config.write_text('data = "kept"\n' + self.bridge.config.read_text())
        status, out, err = self.bridge.run("orders", "list", "--config", str(self.bridge.config))
        self.assertEqual(status, 1, out)
        self.assertIn(f"{self.bridge.path}/kept holds no orderbridge data", err)
        self.bridge.start()
        self.assertEqual(self.bridge.run("orders", "list", "--config", str(self.bridge.config), "--data", str(self.bridge.data))[0], 0)
        self.bridge.kill()
        self.bridge.data = self.bridge.path / "kept"
        process = subprocess.Popen([str(PROGRAM), "serve", "--config", str(self.bridge.config), "--listen", "localhost:0"], stdout=subprocess.PIPE, stderr=self.bridge.log, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertRegex(process.stdout.readline(), r"http://127\.0\.0\.1:\d+")
        self.assertEqual(self.bridge.run("status", "--config", str(self.bridge.config))[0], 0)

    @unittest.skipIf(os.geteuid() == 0, "skipped: nothing is out of reach of this user")
    def test_a_folder_out_of_reach_is_not_called_empty(self):
        self.bridge.start()
        self.bridge.kill()
        self.bridge.data.chmod(0)
        self.addCleanup(self.bridge.data.chmod, 0o700)
        self.assertIn("ermission denied", self.command("orders", "list", status=1))

    def test_addresses_are_checked_and_wrong_ones_are_wrong_usage(self):
        for address in ("8080", ":8080", "localhost", "127.0.0.1:99999"):
            with self.subTest(address):
                self.assertEqual(self.bridge.run("serve", *self.at(), "--listen", address)[0], 2)

    def test_a_second_ctrl_c_ends_at_once(self):
        self.bridge.start()
        body = b"x" * 10
        # A request that never ends would be waited for.
        import socket
        host, port = self.bridge.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nX-WC-Webhook-Signature: d3Jvbmc=\r\nX-WC-Webhook-Topic: order.created\r\nContent-Length: 100\r\n\r\n" + body)
            time.sleep(0.3)
            self.bridge.process.send_signal(signal.SIGINT)
            until(lambda: "stopping" in self.bridge.logs(), "the first one is heard")
            time.sleep(0.2)
            begun = time.monotonic()
            self.bridge.process.send_signal(signal.SIGINT)
            self.assertEqual(self.bridge.process.wait(timeout=5), 130)
            self.assertLess(time.monotonic() - begun, 2)
        self.bridge.process.stdout.close()

    def test_rust_log_of_the_programs_name_shows_its_own_lines(self):
        environment = {**os.environ, "RUST_LOG": "orderbridge=debug"}
        command = [str(PROGRAM), "serve", *self.at(), "--listen", "127.0.0.1:0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        process.stdout.readline()
        time.sleep(0.5)
        process.terminate()
        _, err = process.communicate(timeout=60)
        self.assertIn("stopping", err)
        self.assertIn("the data file was brought up to date", err, "a line of another crate of ours")

    def test_completions_and_the_manual(self):
        for shell in ("bash", "zsh", "fish"):
            status, out, _ = self.bridge.run("completions", shell)
            self.assertEqual(status, 0)
            self.assertIn("orderbridge", out)
        status, out, _ = self.bridge.run("man")
        self.assertEqual(status, 0)
        for word in (".TH orderbridge", "ORDERBRIDGE DEAD REPLAY", "dry\\-run"):
            self.assertIn(word, out)

    def test_help_fits_the_terminal(self):
        import pty
        environment = {**os.environ, "COLUMNS": "60"}
        parent, child = pty.openpty()
        subprocess.run(["stty", "cols", "60"], stdin=child, check=True)
        process = subprocess.Popen([str(PROGRAM), "dead", "drop", "--help"], stdin=child, stdout=child, stderr=child, env=environment)
        os.close(child)
        text = b""
        while True:
            try:
                more = os.read(parent, 4096)
            except OSError:
                break
            if not more:
                break
            text += more
        process.wait()
        os.close(parent)
        lines = re.sub(r"\x1b\[[0-9;]*m", "", text.decode()).splitlines()
        usage = [line for line in lines if not line.startswith("Usage")]
        self.assertLessEqual(max(map(len, usage)), 60, max(usage, key=len))


if __name__ == "__main__":
    unittest.main()
