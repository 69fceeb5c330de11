"""Nothing jams: orders over which a destination fails each time, bodies that are made to use up the memory, one shop's flood, a full disk."""

import base64
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import Bridge, SimulatorCase, order, until

EMPTY_LINES = 340_000
# What the server may take for one body of a megabyte, whatever is in it: far less than the smallest function has.
MOST_MEMORY = 128 << 20


def buyer(name):
    return {"email": f"{name}@example.com", "last_name": name}


def peak(process):
    """How many bytes of memory a process has had at most."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) << 10


class Poison(SimulatorCase):
    delivery = "circuit_after = 5"

    def test_orders_over_which_the_destination_fails_each_time_keep_no_others_waiting(self):
        self.sim.admin("faults", {"rules": [{"match": {"body_re": "[Pp]oison"}, "action": "status:500"}]})
        for number in range(1, 17):
            self.bridge.accept(order(number, customer_id=0, billing=buyer(f"Poison{number}")))
        for number in range(101, 151):
            self.bridge.accept(order(number, customer_id=0, billing=buyer(f"Good{number}")))
        done = lambda: sum(entry["state"] == "delivered" for entry in self.bridge.orders().values()) == 50 or None
        until(done, lambda: f"the 50 good orders\n{self.bridge.logs()[-3000:]}", 60)
        self.assertEqual(self.bridge.dead(), [])
        self.sim.admin("faults", {"rules": []})
        for number in range(1, 17):
            self.bridge.settled(number, timeout=60)


class Memory(SimulatorCase):
    def test_a_body_that_is_made_to_use_it_up_costs_a_dead_letter(self):
        lines = [{} for _ in range(EMPTY_LINES)]
        line = {"id": 1, "sku": "woo-polo", "name": "Polo", "quantity": 1, "total": "1.00", "subtotal": "1.00"}
        bodies = {
            1: {"line_items": lines},
            2: {"line_items": [{**line, "id": number} for number in range(12_000)]},
            3: {"billing": {**order(3)["billing"], "lines": lines}},
            4: {"meta_data": [{"id": 1, "key": "k", "value": lines}]},
        }
        for number, changes in bodies.items():
            changed = {**order(number), **changes}
            self.bridge.accept(json.dumps(changed, separators=(",", ":")).encode())
        self.bridge.accept(order(5, billing=buyer("Good")))
        self.bridge.settled(5)
        dead = until(lambda: (found := self.bridge.dead()) and len(found) == 4 and found, lambda: self.bridge.logs()[-3000:])
        for letter in dead:
            self.assertIn("can be delivered", letter["reason"])
        self.assertIsNone(self.bridge.process.poll())
        self.assertLess(peak(self.bridge.process), MOST_MEMORY)


class Flood(SimulatorCase):
    """Two shops into one destination."""

    delivery = "concurrency = 1\nbatch = 5"

    def setUp(self):
        super().setUp()
        self.bridge.kill()
        text = self.bridge.config.read_text()
        for part in ("[stores.acme]", "[[routes]]"):
            start = text.index(part)
            end = text.index("\n\n", start)
            text += "\n\n" + text[start:end].replace("stores.acme]", "stores.small]").replace('"acme-sales"', '"small-sales"').replace('store = "acme"', 'store = "small"')
        self.bridge.config.write_text(text + '\n[routes.vars]\nprefix = "small-"\n')
        self.bridge.start()

    def test_one_shops_orders_do_not_make_anothers_wait(self):
        self.sim.admin("faults", {"rules": [{"match": {"path_re": "."}, "action": "delay:150"}]})
        for number in range(1, 301):
            self.bridge.accept(order(number, customer_id=0, billing=buyer(f"Large{number}")))
        for number in range(901, 904):
            status, _, answer = self.bridge.post(order(number, customer_id=0, billing=buyer(f"Small{number}")), store="small")
            self.assertEqual((status, answer["status"]), (200, "accepted"))
        for number in range(901, 904):
            self.bridge.settled(number, timeout=20)
        self.assertGreater(self.bridge.waiting(), 100, "the large shop's orders are still there")


class FullDisk(SimulatorCase):
    """Needs a disk of its own, so the right to mount one."""

    def setUp(self):
        super().setUp()
        self.bridge.kill()
        self.disk = tempfile.TemporaryDirectory()
        self.addCleanup(self.disk.cleanup)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "orderbridge-test", self.disk.name], capture_output=True)
        if mounted.returncode:
            self.skipTest("skipped: no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk.name], check=False)
        self.bridge.data = Path(self.disk.name) / "data"
        self.bridge.start()

    def refusals(self, numbers):
        """Posts orders of a quarter of a megabyte, however they are compressed; how many were not taken."""
        refused = 0
        for number in numbers:
            note = base64.b64encode(os.urandom(250_000)).decode()
            status, headers, _ = self.bridge.post(order(number, customer_id=0, billing=buyer(f"Buyer{number}"), customer_note=note))
            self.assertIn(status, (200, 503))
            if status == 503:
                self.assertIn("retry-after", {name.lower() for name in headers})
            refused += status == 503
        return refused

    def test_it_drains_itself_and_takes_orders_again(self):
        self.sim.admin("faults", {"rules": [{"match": {"path_re": "."}, "action": "status:503"}]})
        refused = self.refusals(range(1, 401))
        self.assertGreater(refused, 50)
        free = os.statvfs(self.disk.name)
        self.assertGreater(free.f_bavail * free.f_frsize, 10 << 20, "the reserve is left")
        self.assertIn("the disk is nearly full", self.bridge.logs())

        self.sim.admin("faults", {"rules": []})
        until(lambda: self.bridge.waiting() == 0, lambda: f"{self.bridge.waiting()} wait\n{self.bridge.logs()[-3000:]}", 120)
        delivered = sum(entry["state"] == "delivered" for entry in self.bridge.orders().values())
        self.assertEqual((delivered, self.bridge.dead()), (400 - refused, []))
        self.assertEqual(self.refusals(range(401, 411)), 0, "there is room inside the file")
        for number in range(401, 411):
            self.bridge.settled(number)

    def test_what_others_fill_up_is_nobodys_loss(self):
        self.sim.admin("faults", {"rules": [{"match": {"path_re": "."}, "action": "status:503"}]})
        self.assertEqual(self.refusals(range(1, 11)), 0)
        filler = Path(self.disk.name) / "filler"
        # Without a buffer: what did not fit would be tried once more when the file is closed.
        with open(filler, "wb", buffering=0) as out:
            try:
                while True:
                    out.write(bytes(1 << 16))
            except OSError:
                pass
        self.sim.admin("faults", {"rules": []})
        self.assertEqual(self.refusals(range(11, 14)), 3)
        filler.unlink()
        for number in range(1, 11):
            self.bridge.settled(number, timeout=90)
        self.assertEqual(self.bridge.dead(), [])


if __name__ == "__main__":
    unittest.main()
