"""How fast a backfill goes, and what it costs live orders: `python3 tests/blackbox/backfill.py [ORDERS [batches]]`, with `batches` as Salesforce's `backfill = "batches"`. Needs ../shared/sims, the release program, and the double
(`cargo build --release --bin orderbridge`, `cargo build --profile simulation --package sandbox --example double`). Not a test: it prints figures."""

import json
import os
import signal
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from harness import Bridge, Sandbox, order
from living_shops import LivingWooCommerce

LATENCY_MS = 80


def memory(process):
    """The largest resident size of a process so far, in MB; 0 of one that has ended."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0.0)


def live(bridge, first, count, pause):
    """Posts orders one after the other; the seconds until each was delivered, in order of size."""
    took = []
    for number in range(first, first + count):
        begun = time.monotonic()
        bridge.skip()
        bridge.accept(order(number, customer_id=number, billing={"email": f"live{number}@example.com"}))
        while not bridge.tells(f'order="{number}" outcome="delivered"'):
            time.sleep(0.005)
        took.append(time.monotonic() - begun)
        time.sleep(pause)
    return sorted(took)


def make_known(bridge, skus):
    """Delivers one order of each of these products, so that they exist before many workers would make them at once."""
    for place, sku in enumerate([None, *skus]):
        body = order(700_001 + place)
        if sku:
            body["line_items"] = [{**body["line_items"][0], "sku": sku}]
        bridge.accept(body)
        emptied(bridge)


def emptied(bridge):
    while bridge.waiting():
        time.sleep(0.05)


def full_queue(bridge, sandbox, count):
    """Orders per second out of a queue that holds `count` orders: they are posted while the destination stands still."""

    def post(number):
        bridge.accept(order(number, customer_id=number % 97, billing={"email": f"full{number % 97}@example.com"}))

    sandbox.process.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(8) as posts:
        list(posts.map(post, range(800_001, 800_001 + count)))
    sandbox.process.send_signal(signal.SIGCONT)
    begun = time.monotonic()
    emptied(bridge)
    return count / (time.monotonic() - begun)


def p(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


class Watched(Bridge):
    """Reads its log as it grows: reading it whole for each order would cost the time that is measured."""

    def skip(self):
        self.read = os.path.getsize(self.path / "log")

    def tells(self, text):
        with open(self.path / "log", "rb") as log:
            log.seek(self.read)
            new = log.read()
        end = new.rfind(b"\n") + 1
        self.read += end
        return text.encode() in new[:end]


@contextmanager
def running(shop, backfill):
    """A server over a sandbox of its own, because one that holds more answers more slowly; both know the products."""
    sandbox = Sandbox("salesforce")
    delivery = "concurrency = 10\nbatch = 10\n"
    account = sandbox.account()
    account.settings += f'\nbackfill = "{backfill}"'
    bridge = Watched(account, store_keys=shop.keys(), delivery=delivery, route='[routes.vars]\nmissing_product = "create"\n')
    try:
        bridge.start()
        make_known(bridge, ["SKU-A", "SKU-B", "SKU-3"])
        yield bridge, sandbox
        assert not bridge.dead(), "nothing may be refused: a refusal takes fewer calls"
    finally:
        bridge.stop()
        sandbox.stop()


def backfilled(bridge, count):
    """What a backfill of `count` orders did, and the seconds that live orders took beside it."""
    begun = time.monotonic()
    backfill = bridge.begin("sync", "--store", "acme", "--since", "2d", "--config", str(bridge.config), "--data", str(bridge.data))
    beside, peak, number = [], 0.0, 910_001
    while backfill.poll() is None:
        beside += live(bridge, number, 1, 0.05)
        number += 1
        peak = max(peak, memory(backfill))
    emptied(bridge)
    assert backfill.returncode == 0, bridge.logs()[-2000:]
    return (count + len(beside)) / (time.monotonic() - begun), sorted(beside), peak


def main(count, backfill):
    shop = LivingWooCommerce()
    os.environ["DOUBLE_LATENCY_MS"] = str(LATENCY_MS)
    try:
        with running(shop, backfill) as (bridge, sandbox):
            full = full_queue(bridge, sandbox, count)
        for _ in range(count // 500):
            shop.create(500, silent=True)
        with running(shop, backfill) as (bridge, sandbox):
            alone = live(bridge, 900_001, 100, 0.05)
            before = sandbox.calls()
            rate, beside, peak = backfilled(bridge, count)
            # A live order that goes alone takes two calls.
            calls = sandbox.calls() - before - 2 * len(beside)
            serve = memory(bridge.process)
        figures = {
            "orders": count, "full_queue_per_second": round(full), "backfill_per_second": round(rate), "part_of_the_full_queue": round(rate / full, 2),
            "calls_per_order": round(calls / count, 3), "requests_to_the_shop": shop.calls()["orders"], "live_orders_beside": len(beside),
            "live_p50_ms": round(statistics.median(alone) * 1000), "live_p99_ms": round(p(alone, 0.99) * 1000),
            "live_p50_beside_ms": round(statistics.median(beside) * 1000), "live_p99_beside_ms": round(p(beside, 0.99) * 1000),
            "memory_sync_mb": round(peak), "memory_serve_mb": round(serve),
        }
        print(json.dumps(figures, indent=1))
    finally:
        shop.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2] if len(sys.argv) > 2 else "single")
