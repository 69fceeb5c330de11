"""How fast a backfill goes, and what it costs live orders: `python3 tests/blackbox/backfill.py [ORDERS]`. Needs ../shared/sims, the release program, and the double
(`cargo build --release --bin orderbridge`, `cargo build --profile simulation --package sandbox --example double`). Not a test: it prints figures."""

import json
import os
import statistics
import sys
import threading
import time

from harness import Bridge, Sandbox, order
from living_shops import LivingWooCommerce

LATENCY_MS = 80


def memory(process):
    """The largest resident size of a process so far, in MB."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def live(bridge, first, count, pause):
    """Posts orders one after the other; the seconds until each was delivered, in order of size."""
    took = []
    for number in range(first, first + count):
        begun = time.monotonic()
        bridge.accept(order(number, customer_id=number, billing={"email": f"live{number}@example.com"}))
        while f'order="{number}" outcome="delivered"' not in bridge.tail():
            time.sleep(0.01)
        took.append(time.monotonic() - begun)
        time.sleep(pause)
    return sorted(took)


def p(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


class Watched(Bridge):
    def tail(self):
        self.log.flush()
        with open(self.path / "log", "rb") as log:
            log.seek(max(0, log.seek(0, 2) - 200_000))
            return log.read().decode(errors="replace")


def main(count):
    shop = LivingWooCommerce()
    os.environ["DOUBLE_LATENCY_MS"] = str(LATENCY_MS)
    sandbox = Sandbox("salesforce")
    delivery = "concurrency = 10\nbatch = 10\n"
    bridge = Watched(sandbox.account(), store_keys=shop.keys(), delivery=delivery, route='[routes.vars]\nmissing_product = "create"\n')
    try:
        bridge.start()
        for _ in range(count // 500):
            shop.create(500, silent=True)
        alone = live(bridge, 900_001, 60, 0.05)
        begun = time.monotonic()
        backfill = bridge.begin("sync", "--store", "acme", "--since", "2d", "--config", str(bridge.config), "--data", str(bridge.data))
        time.sleep(1)
        beside = live(bridge, 910_001, 60, 0.05)
        peak = 0.0
        while backfill.poll() is None:
            peak = max(peak, memory(backfill))
            time.sleep(0.2)
        while bridge.waiting():
            time.sleep(0.05)
        took = time.monotonic() - begun
        print(json.dumps({
            "orders": count, "seconds": round(took, 1), "orders_per_second": round(count / took), "requests_to_the_shop": shop.calls()["orders"],
            "live_p50_ms": round(statistics.median(alone) * 1000), "live_p99_ms": round(p(alone, 0.99) * 1000),
            "live_p50_beside_ms": round(statistics.median(beside) * 1000), "live_p99_beside_ms": round(p(beside, 0.99) * 1000),
            "memory_sync_mb": round(peak), "memory_serve_mb": round(memory(bridge.process)),
        }, indent=1))
    finally:
        bridge.stop()
        sandbox.stop()
        shop.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
