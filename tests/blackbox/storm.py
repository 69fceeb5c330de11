"""A storm for the black-box tests: orders with a life of their own, shops that post them, a killer, and bad weather. All of it from one seed. Standard library only."""

import http.client
import json
import random
import threading
import time
from datetime import datetime, timedelta
from decimal import Decimal

# Where the money comes from: the shop's ids of two products that every destination knows.
PRODUCTS = ("101", "102")
# What may become of an order, after its beginning.
LIVES = ("processing", "completed", "on-hold", "cancelled", "refunded", "part", "edited", "edited")
POSTERS = 4


class State:
    """One state of an order: what the shop posts, and what a destination must hold once it is the newest."""

    def __init__(self, number, place, customer, modified, status, quantities, refunded):
        self.number, self.place, self.customer, self.modified, self.status = number, place, customer, modified, status
        self.refunded = refunded
        # The tag tells every state of every order from all others, wherever a line's name ends up.
        self.lines = [(code, f"Product {code}, state {number}.{place}", quantity, Decimal(quantity * (1000 + 7 * number % 900)) / 100)
                      for code, quantity in quantities]

    @property
    def total(self):
        return sum(total for *_, total in self.lines)

    def body(self):
        stamp = self.modified.isoformat()
        return {
            "id": self.number, "number": str(self.number), "parent_id": 0, "status": self.status, "currency": "USD",
            "date_created": "2023-10-26T10:00:00", "date_created_gmt": "2023-10-26T10:00:00", "date_modified": stamp, "date_modified_gmt": stamp,
            "total": str(self.total), "customer_id": self.customer["id"],
            "billing": {"first_name": self.customer["first"], "last_name": self.customer["last"], "address_1": "1 Main St", "city": "Anytown", "state": "NY",
                        "postcode": "12345", "country": "US", "email": self.customer["email"], "phone": "555-123-4567"},
            "line_items": [{"id": index, "name": name, "product_id": int(code), "quantity": quantity, "total": str(total)}
                           for index, (code, name, quantity, total) in enumerate(self.lines, 1)],
            "refunds": [{"id": 1, "reason": "", "total": f"-{self.refunded}"}] if self.refunded else [],
        }


def corrected(email):
    return f"new.{email}"


class Order:
    """An order with all its states, and what the shop got a 200 for, in the order of arrival."""

    def __init__(self, number, customer, chance):
        self.number, self.customer, self.accepted = number, customer, []
        modified = datetime(2023, 10, 26, 10) + timedelta(seconds=chance.randrange(80_000))
        status, refunded = chance.choice(("pending", "processing")), Decimal(0)
        quantities = [(code, chance.randint(1, 5)) for code in PRODUCTS[:chance.randint(1, 2)]]
        # The customer of some orders corrects the e-mail later, which makes another customer of a guest, and another group of messages.
        late_customer = {**customer, "email": corrected(customer["email"])} if chance.random() < 0.03 else customer
        self.states = []
        for place in range(chance.choices((1, 2, 3, 4, 5), (35, 25, 20, 12, 8))[0]):
            if place:
                modified += timedelta(seconds=chance.choice((0, 1, 1, 60, 3600)))
                life, refunded = chance.choice(LIVES), Decimal(0)
                if life == "edited":
                    quantities = [(code, chance.randint(1, 5)) for code in PRODUCTS[:chance.randint(1, 2)]]
                elif life == "part":
                    status, refunded = "completed", Decimal("1.00")
                else:
                    status = life
            self.states.append(State(number, place, late_customer if place > 1 else customer, modified, status, quantities, refunded))

    def posts(self, chance):
        """What the shop sends: every state at least once, some twice, and not always in order."""
        posts = [state for state in self.states for _ in range(chance.choices((1, 2, 3), (75, 20, 5))[0])]
        if chance.random() < 0.3:
            chance.shuffle(posts)
        return posts

    def newest(self):
        """Newest by the shop's clock, which knows whole seconds; within one second the last to arrive."""
        return max(enumerate(self.accepted), key=lambda arrival: (arrival[1].modified, arrival[0]))[1]


def orders(count, chance):
    customers = [{"id": index if index % 3 else 0, "first": f"Ann{index}", "last": f"Smith{index}", "email": f"customer{index}@example.com"}
                 for index in range(1, max(2, count // 4))]
    return [Order(10_000 + index, chance.choice(customers), chance) for index in range(count)]


class Shop:
    """Posts every order from several threads over about `seconds`; what is not answered is posted again until it is."""

    def __init__(self, bridge, orders, seed, seconds):
        self.bridge, self.seed, self.failures, self.posted = bridge, seed, [], 0
        self.shares = [self.share(orders[poster::POSTERS], random.Random(f"{seed} shop {poster}")) for poster in range(POSTERS)]
        self.pause = seconds / max(len(share) for share in self.shares)
        self.threads = [threading.Thread(target=self.post_all, args=(share,), daemon=True) for share in self.shares]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def share(orders, chance):
        """The posts of these orders, mixed over a while, each order's in its own sequence."""
        timed = []
        for place, order in enumerate(orders):
            moment = float(place)
            for state in order.posts(chance):
                timed.append((moment, order, state))
                moment += chance.choice((0, 0, 1, 5, 40))
        return [(order, state) for _, order, state in sorted(timed, key=lambda entry: entry[0])]

    def post_all(self, share):
        for order, state in share:
            started = time.monotonic()
            if not self.post(state):
                return
            order.accepted.append(state)
            self.posted += 1
            time.sleep(max(0.0, self.pause - (time.monotonic() - started)))

    def post(self, state):
        body = json.dumps(state.body()).encode()
        topic = "order.updated" if state.place else "order.created"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                status, _, answer = self.bridge.post(body, topic)
            except (OSError, ValueError, http.client.HTTPException) as error:
                # No answer, or half of one: the program was killed. Whether it has accepted is unknown.
                answer = error
            else:
                if status == 200:
                    return True
            time.sleep(0.02)
        self.failures.append((state.number, str(answer)))
        return False

    def is_done(self):
        return not any(thread.is_alive() for thread in self.threads)


def kill_again_and_again(bridge, times, seconds, chance):
    """kill -9 at that many moments within so many seconds, each followed by a start."""
    started = time.monotonic()
    for moment in sorted(chance.uniform(0.2, seconds) for _ in range(times)):
        time.sleep(max(0.0, started + moment - time.monotonic()))
        bridge.kill()
        bridge.note("kill -9")
        bridge.start()
