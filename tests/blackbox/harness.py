"""Runs the real orderbridge program against a destination on loopback: what every black-box test needs. Standard library only."""

import contextlib
import faulthandler
import http.client
import json
import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

from shops import EVENTS, SHOPS, WooCommerce, event

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ORDERBRIDGE_SHARED", ROOT.parent / "shared"))
DOUBLE = Path(os.environ.get("ORDERBRIDGE_DOUBLE", ROOT / "target" / "simulation" / "examples" / "double"))
PROGRAM = Path(os.environ.get("ORDERBRIDGE_PROGRAM", ROOT / "target" / "release" / "orderbridge"))

# Tests that wait for ever end as failed, and where each thread waits is told.
faulthandler.dump_traceback_later(30 * 60, exit=True)


def call(url, method="GET", body=None, headers=None, timeout=30):
    """(status, headers, parsed body) of one request on a connection of its own."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        raw = answer.read()
        try:
            parsed = json.loads(raw)
        except ValueError:
            parsed = raw
        return answer.status, answer.headers, parsed
    finally:
        connection.close()


def until(condition, why, timeout=30.0):
    """Waits for a condition to become true and returns what it returned. `why` is a text, or makes one when the time is over."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {why() if callable(why) else why}")
        time.sleep(0.05)


class Account:
    """What a configuration says of a destination: its lines there, and its secret."""

    def __init__(self, system, settings, secret):
        self.system, self.settings, self.secret = system, settings, secret

    @classmethod
    def salesforce(cls, url, secret, auth="client_credentials"):
        return cls("salesforce", f'auth = "{auth}"\nlogin_url = "{url}"', secret)


def simulator(system):
    return SHARED / "sims" / f"{system}.py"


class Simulator:
    """The strict simulator of a destination, in a process of its own."""

    # What is started in place of the simulator's own file.
    program = ()

    def __init__(self, system="salesforce", config=None, seed=1):
        self.system = system
        self.folder = tempfile.TemporaryDirectory()
        arguments = [sys.executable, *(self.program or (str(simulator(system)),)), "--port", "0", "--seed", str(seed)]
        if config:
            file = Path(self.folder.name) / "config.json"
            file.write_text(json.dumps(config))
            arguments += ["--config", str(file)]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline())[0]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def admin(self, name, body=None):
        status, _, answer = call(f"{self.url}/_sim/{name}", "GET" if body is None else "POST", None if body is None else json.dumps(body),
                                 {"Content-Type": "application/json"})
        assert status == 200, answer
        return answer

    def records(self, name):
        return self.admin("state").get(name, [])

    def weather(self, rules):
        """What goes wrong from now on."""
        self.admin("faults", {"rules": rules})

    def writes(self):
        """The fields of every committed write, as they came."""
        writes = [write for record in self.admin("audit").values() for write in record]
        return [write["fields"] for write in sorted(writes, key=lambda write: write["at"])]

    def one(self, name):
        records = self.records(name)
        assert len(records) == 1, records
        return records[0]

    def violations(self):
        return self.admin("violations")

    def data_calls(self):
        kinds = dict(self.admin("calls")["by_kind"])
        kinds.pop("token", None)
        return sum(kinds.values())

    def insert(self, name, record):
        """Writes a record as a colleague in Salesforce would; returns its id."""
        token = self.admin("token", {})
        token = token.get("access_token") or token.get("token")
        status, _, answer = call(f"{self.url}/services/data/v65.0/sobjects/{name}", "POST", json.dumps(record),
                                 {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        assert status == 201, answer
        return answer["id"]

    def account(self):
        """How to reach it."""
        config = self.admin("config")
        credentials = config["credentials"]
        if self.system == "salesforce":
            wanted = ("client_id", "client_secret", "username", "password", "security_token")
            return Account.salesforce(self.url, {key: credentials[key] for key in wanted}, auth="password")
        if self.system == "zoho":
            secret = {key: credentials[key] for key in ("client_id", "client_secret")}
            return Account("zoho", f'accounts_url = "{self.url}"', {**secret, "refresh_token": next(iter(credentials["refresh_tokens"]))})
        (token_id, token_secret), = credentials["tokens"].items()
        secret = {key: credentials[key] for key in ("consumer_key", "consumer_secret")}
        return Account("netsuite", f'auth = "token"\nbase_url = "{self.url}"',
                       {**secret, "account_id": config["account_id"], "token_id": token_id, "token_secret": token_secret})


class Sandbox:
    """The project's own double of a destination, in a process of its own, at a free port unless `place` says an address and what its callers take that to be."""

    program = DOUBLE

    def __init__(self, system, *place):
        self.system, self.lock = system, threading.Lock()
        self.process = subprocess.Popen([str(self.program), system, *place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.told = json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, request):
        with self.lock:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())

    def account(self):
        settings = "\n".join(line for line in self.told["settings"].splitlines() if not line.startswith("system"))
        return Account(self.system, settings, self.told["secret"])

    def records(self, name):
        return self.ask({"records": name})

    def writes(self):
        return self.ask("writes")

    def calls(self):
        """How many requests there were, those for tokens aside."""
        return self.ask("calls")

    def fault(self, effect, on_writes):
        self.ask({"fault": {"effect": effect, "on_writes": on_writes}})

    def calm(self):
        self.ask("calm")

    def refuse_logins(self, times=100_000):
        """All tokens end, and no new one is given."""
        self.ask({"refuse_logins": times})

    def delete(self, kind, record):
        """Deletes a record for good, as a colleague would. Salesforce only."""
        self.done({"delete": {"kind": kind, "id": record}})

    def add_product(self, code):
        """Adds a product with a price, as a colleague would. Salesforce only."""
        self.done({"product": code})

    def done(self, request):
        answer = self.ask(request)
        assert answer is None, answer


class Bridge:
    """`orderbridge serve` with a configuration of its own: one store, one destination, one route. Nothing is compared by itself unless a test says so."""

    def __init__(self, account, shop=WooCommerce, route="", delivery="", server="", store_secret=None, store_keys=None,
                 reconcile='every = "off"'):
        self.shop = shop
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.secret = store_secret or secrets.token_hex(24)
        self.route = "acme-sales"
        self.config = self.path / "orderbridge.toml"
        self.config.write_text(f"""
[stores.acme]
platform = "{shop.platform}"
secret = "orderbridge/stores/acme"

[stores.acme.reconcile]
{reconcile}

[destinations.sales]
system = "{account.system}"
secret = "orderbridge/destinations/sales"
{account.settings}

[[routes]]
name = "{self.route}"
store = "acme"
destination = "sales"
mapping = "{shop.platform}-{account.system}"
{route}

[delivery]
retry_base = "200ms"
retry_cap = "2s"
request_timeout = "5s"
circuit_probe = "1s"
{delivery}
{server}
""")
        lines = ['["orderbridge/stores/acme"]', f"webhook_secret = {json.dumps(self.secret)}"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in (store_keys or {}).items()]
        lines += ['["orderbridge/destinations/sales"]']
        lines += [f"{key} = {json.dumps(value)}" for key, value in account.secret.items()]
        secrets_file = self.path / "secrets.toml"
        secrets_file.write_text("\n".join(lines) + "\n")
        secrets_file.chmod(0o600)
        self.data = self.path / "data"
        self.log = open(self.path / "log", "ab")
        self.process = None
        self.url = None

    def start(self, *arguments, prepare=None):
        """`prepare` runs in the new process before the program does."""
        command = [str(PROGRAM), "serve", "--config", str(self.config), "--data", str(self.data), "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=prepare)
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise AssertionError(f"serve did not start: {line!r}\n{self.logs()}")
        self.url = re.search(r"http://\S+", line)[0]
        return self

    def kill(self):
        """kill -9"""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def terminate(self):
        """SIGTERM; returns the exit status."""
        self.process.terminate()
        status = self.process.wait(timeout=90)
        self.process.stdout.close()
        return status

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()
        self.log.close()
        self.folder.cleanup()

    def note(self, text):
        """Writes a line of the test's own into the log."""
        self.log.write(f"{datetime.now(timezone.utc).isoformat()} {text}\n".encode())
        self.log.flush()

    def logs(self):
        self.log.flush()
        return (self.path / "log").read_text()

    def signed(self, body, secret=None, topic=None):
        """The headers that the shop would send with this body."""
        return self.shop.headers(body, secret or self.secret, topic or self.shop.created)

    def post(self, body, topic=None, store="acme", headers=None):
        """Posts a body signed as the shop signs it; (status, headers, answer)."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        default = {"Content-Type": "application/json", **self.signed(body, topic=topic)}
        return call(f"{self.url}/webhooks/{store}", "POST", body, default if headers is None else headers)

    def accept(self, body, topic=None):
        status, _, answer = self.post(body, topic)
        assert (status, answer.get("status")) == (200, "accepted"), (status, answer)

    def run(self, *arguments):
        """The program with other arguments; (exit status, standard output, standard error)."""
        done = subprocess.run([str(PROGRAM), *arguments], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def begin(self, *arguments):
        """The program with other arguments, in the background."""
        return subprocess.Popen([str(PROGRAM), *arguments], stdout=subprocess.DEVNULL, stderr=self.log)

    def orders(self):
        """The ledger, by the shop's id of the order; what waits untried is not in it."""
        status, out, err = self.run("orders", "list", "--data", str(self.data), "--limit", "100000", "--json")
        assert status == 0, err
        return {entry["key"]["order"]: entry for entry in json.loads(out) if entry["state"] != "waiting"}

    def waiting(self):
        """How many messages are in the queue."""
        return self.count("queue")

    def left_alone(self):
        """Whether the circuit is open, or is being probed."""
        return bool(self.count("circuits"))

    def count(self, table):
        with contextlib.closing(sqlite3.connect(self.data / "orderbridge.db", timeout=10)) as data:
            return data.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]

    def dead(self):
        status, out, err = self.run("dead", "list", "--ungrouped", "--data", str(self.data), "--limit", "100000", "--json")
        assert status == 0, err
        return json.loads(out)

    def settled(self, order, state="delivered", timeout=30):
        """Waits until the ledger has the order in this state, and its dead letter is there, which a rejected one becomes a moment later."""
        def told():
            entry = self.orders().get(str(order))
            has_died = state != "rejected" or any(letter["message"]["order"] == str(order) for letter in self.dead())
            return entry and entry["state"] == state and has_died and entry
        return until(told, lambda: f"order {order} {state}\n{self.logs()[-3000:]}", timeout)


class SimulatorCase(unittest.TestCase):
    """A test with a fresh simulator and a fresh server, that ends with no violation."""

    system = "salesforce"
    shop = WooCommerce
    simulator_config = None
    route = ""
    delivery = ""
    # Kinds of violations that a test provokes on purpose.
    allowed = ()

    def setUp(self):
        if not simulator(self.system).exists():
            self.skipTest(f"skipped: the strict simulator {simulator(self.system)} is not here")
        self.sim = Simulator(self.system, self.simulator_config)
        self.addCleanup(self.sim.stop)
        self.bridge = Bridge(self.sim.account(), self.shop, route=self.route, delivery=self.delivery)
        self.addCleanup(self.bridge.stop)
        self.bridge.start()

    def tearDown(self):
        if self.sim.process.poll() is None:
            self.assertEqual([violation for violation in self.sim.violations() if violation["kind"] not in self.allowed], [])

    def same(self, record, **expected):
        """Compares fields: amounts by value, objects field by field."""
        for field, value in expected.items():
            actual = record.get(field)
            if isinstance(value, dict):
                self.assertIsInstance(actual, dict, field)
                self.same(actual, **value)
                continue
            if isinstance(value, Decimal):
                actual = Decimal(str(actual))
            self.assertEqual(actual, value, field)


def sample():
    """The blueprint's sample order as JSON."""
    return event("woocommerce", "01-new-customer")


def order(number, **changes):
    """The sample order with another id and other fields; `billing` merges."""
    body = sample()
    body["id"] = number
    body["billing"].update(changes.pop("billing", {}))
    body.update(changes)
    return body
