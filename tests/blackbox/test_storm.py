"""Thousands of orders through the real program, while faults rain and it is killed with -9 twenty times: none lost, none doubled, none stale, none dead.

ORDERBRIDGE_SEED repeats a run (orders, moments of the kills, weather; not the scheduling of the machine). ORDERBRIDGE_STORM is the number of orders for each system."""

import os
import random
import re
import threading
import time
import unittest

from books import BOOKS, stale_writes
from harness import Bridge, Sandbox, Simulator, simulator, until
from storm import Shop, kill_again_and_again, orders

SEED = int(os.environ.get("ORDERBRIDGE_SEED") or random.randrange(1_000_000))
ORDERS = int(os.environ.get("ORDERBRIDGE_STORM") or 0)
KILLS = 20
# Violations that a program must commit which forgets everything now and then: what it was told and has not written down
# yet, that a token was refused included, and which requests are still on their way. Tests without kills forgive a violation only where they provoke it.
FORGIVEN = {"dead_token_reused", "needless_token", "retry_after_ignored", "concurrency_exceeded", "parallel_writes_to_one_parent"}

def rain(match, **odds):
    """A rule for each action, with its probability."""
    return [{"match": match, "probability": odd, "action": action.replace("_or_", ":")} for action, odd in odds.items()]


ANYWHERE = [
    {"match": {}, "probability": 0.01, "action": "status:429", "retry_after": 1},
    {"match": {}, "probability": 0.01, "action": "status:503"},
    {"match": {}, "probability": 0.003, "action": "timeout_after"},
    {"match": {}, "probability": 0.05, "action": "delay:300"},
    *rain({}, status_or_500=0.01, reset_before=0.02, reset_after=0.03, truncate_after=0.01, garbage=0.005, garbage_after=0.01),
]
WEATHER = {
    "salesforce": [
        {"match": {}, "probability": 0.005, "action": "expire_token", "times": 10},
        *rain({"kind": ["composite", "graph"]}, lock_row=0.03, lock_row_500=0.01, request_limit_concurrent=0.01, server_unavailable_html=0.01, unknown_exception=0.01),
        *ANYWHERE,
    ],
    "zoho": [
        # Zoho gives ten tokens within ten minutes, and a program that is killed while it waits for one has to ask again.
        {"match": {"kind": ["upsert", "coql", "composite"]}, "probability": 0.01, "action": "expire_token", "times": 2},
        {"match": {"kind": ["upsert", "insert", "update_many"]}, "probability": 0.02, "record_error": {"code": "INTERNAL_ERROR"}},
        *rain({"kind": ["upsert", "insert", "update_many", "coql"]}, too_many_requests=0.01, error_after=0.03),
        *[{**rule, "match": {"path_re": "/crm/"}} for rule in ANYWHERE],
    ],
    "netsuite": [
        {"match": {"kind": ["upsert", "create", "update"]}, "probability": 0.02, "record_error": {"code": "RECORD_CHANGED"}},
        *rain({}, concurrency=0.02, record_changed=0.01, error_after=0.03, no_location=0.02),
        *ANYWHERE,
    ],
}
NETSUITE_ITEMS = [{"id": str(1500 + int(code)), "type": "inventoryItem", "itemId": f"Product {code}", "externalId": code, "displayName": f"Product {code}",
                   "basePrice": 50.0} for code in ("101", "102")]


class Storm:
    """A sub-class names its system, how many orders it takes by default, and within how many seconds the shop posts them."""

    count, seconds = 300, 15

    def setUp(self):
        self.sim = self.destination()
        self.addCleanup(self.sim.stop)
        self.bridge = Bridge(self.sim.account())
        self.addCleanup(self.bridge.stop)
        self.bridge.start()

    def destination(self):
        if not simulator(self.system).exists():
            self.skipTest(f"skipped: the strict simulator {simulator(self.system)} is not here")
        config = {"timeout_after_s": 6, **({"items": NETSUITE_ITEMS} if self.system == "netsuite" else {})}
        return Simulator(self.system, config, seed=SEED)

    def bad_weather(self):
        self.sim.weather(WEATHER[self.system])

    def calm_down(self):
        """Everything is posted, and nothing is killed any more; the weather of the simulators stays."""

    def test_nothing_is_lost_doubled_or_stale(self):
        count = ORDERS or self.count
        print(f"\n{self.system}: {count} orders, {KILLS} times kill -9, ORDERBRIDGE_SEED={SEED}", flush=True)
        chance = random.Random(f"{SEED} {self.system}")
        self.bad_weather()
        world, seconds, started = orders(count, chance), self.seconds * count / self.count, time.monotonic()
        shop = Shop(self.bridge, world, SEED, seconds)
        kill_again_and_again(self.bridge, KILLS, 1.5 * seconds, chance)
        until(shop.is_done, "everything is posted", timeout=120)
        self.calm_down()
        self.assertEqual(shop.failures, [])
        until(lambda: self.bridge.waiting() == 0, lambda: f"the queue is empty; {self.bridge.waiting()} wait\n{self.bridge.logs()[-5000:]}", timeout=300)
        print(f"{self.system}: {shop.posted} webhooks accepted and settled within {time.monotonic() - started:.0f} s", flush=True)
        self.judge(world)

    def judge(self, world):
        self.assertEqual([(letter["message"]["order_id"], letter["reason"]) for letter in self.bridge.dead()], [])
        ledger = self.bridge.orders()
        self.assertEqual({entry["state"] for entry in ledger.values()}, {"delivered"})
        self.assertEqual(sorted(ledger), sorted(str(order.number) for order in world))
        writes = self.sim.writes()
        problems = BOOKS[self.system](self.sim.records).problems(world) + stale_writes(writes, world)
        self.assertEqual(problems, [], f"{len(problems)} problems\n{self.story(problems, writes)}")
        self.assertEqual(self.violations(), [])

    def story(self, problems, writes):
        """What is known about the first order with a problem."""
        number = re.search(r"order (\d+)", problems[0])[1] if problems and "order " in problems[0] else "none"
        log = [line for line in self.bridge.logs().splitlines() if f'"{number}"' in line or "kill -9" in line]
        return "\n".join([*log, *(f"write: {write}" for write in writes if f"state {number}." in str(write))])

    def violations(self):
        return [violation for violation in self.sim.violations() if violation["kind"] not in FORGIVEN]


class HalfOfAllWritesFail(unittest.TestCase):
    """A destination that fails every second write is no outage: the queue drains all the same."""

    # What a write is, and how each system fails it: half of the failures do the work and lose the answer.
    writes = {"salesforce": ["graph"], "zoho": ["upsert", "insert", "update_many"], "netsuite": ["create", "upsert", "update"]}
    count = 12

    def test_the_queue_drains(self):
        for system, kinds in self.writes.items():
            with self.subTest(system):
                self.drain(system, [{"match": {"kind": kinds}, "probability": odds, "action": action} for odds, action in ((0.25, "status:503"), (0.33, "reset_after"))])

    def drain(self, system, rules):
        if not simulator(system).exists():
            self.skipTest(f"skipped: the strict simulator {simulator(system)} is not here")
        chance = random.Random(f"{SEED} {system}")
        sim = Simulator(system, {"items": NETSUITE_ITEMS} if system == "netsuite" else None, seed=SEED)
        self.addCleanup(sim.stop)
        bridge = Bridge(sim.account())
        self.addCleanup(bridge.stop)
        bridge.start()
        sim.weather(rules)
        world, looks, closed = orders(self.count, chance), 0, 0
        shop = Shop(bridge, world, SEED, 1)
        started = time.monotonic()
        while not shop.is_done() or bridge.waiting():
            looks, closed = looks + 1, closed + (not bridge.left_alone())
            self.assertLess(time.monotonic() - started, 300, f"{system}: {bridge.waiting()} messages still wait\n{bridge.logs()[-3000:]}")
            time.sleep(0.05)
        seconds = time.monotonic() - started
        print(f"\n{system}: every second write fails, {shop.posted} webhooks of {self.count} orders settled in {seconds:.1f} s ({shop.posted / seconds:.0f} a second), "
              f"the circuit closed for {closed / looks:.0%} of the time; ORDERBRIDGE_SEED={SEED}", flush=True)
        self.assertEqual((shop.failures, bridge.dead()), ([], []))
        self.assertEqual(BOOKS[system](sim.records).problems(world) + stale_writes(sim.writes(), world), [])


class Sandboxed(Storm):
    """The same against the project's own double. Its faults are no rules but come one by one, about five a second while the storm lasts."""

    count, seconds = 150, 8
    # Not among them: what rightly takes longer than a test to pass, such as Salesforce's daily limit, or Zoho's locked record.
    effects = ("failed", "failed_after_commit", "unavailable", "html", "drop_before_work", "drop_after_commit", "truncate_answer", "delay")

    def destination(self):
        return Sandbox(self.system)

    def bad_weather(self):
        self.over = threading.Event()
        thread = threading.Thread(target=self.rain, args=(random.Random(f"{SEED} weather"),), daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.over.set)

    def calm_down(self):
        # While the destination is left alone, what was called up waits to strike, and would strike every probe.
        self.over.set()
        self.sim.calm()

    def rain(self, chance):
        while not self.over.wait(chance.expovariate(5)):
            self.sim.fault(chance.choice(self.effects), chance.random() < 0.5)

    def violations(self):
        return []


class SalesforceStorm(Storm, unittest.TestCase):
    system, count, seconds = "salesforce", 2000, 60


class ZohoStorm(Storm, unittest.TestCase):
    system = "zoho"


class NetSuiteStorm(Storm, unittest.TestCase):
    system = "netsuite"


class SandboxedSalesforceStorm(Sandboxed, unittest.TestCase):
    system = "salesforce"


class SandboxedZohoStorm(Sandboxed, unittest.TestCase):
    system = "zoho"


class SandboxedNetSuiteStorm(Sandboxed, unittest.TestCase):
    system = "netsuite"


if __name__ == "__main__":
    unittest.main()
