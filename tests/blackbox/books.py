"""What each destination must hold of an order, and how it is read there. For the tests that check thousands of orders at once. Standard library only."""

import re
from decimal import Decimal

from storm import corrected

TAG = re.compile(r"state (\d+)\.(\d+)")


def number(value):
    return Decimal(str(value if value is not None else 0))


class Books:
    """`problems` lists all that is lost, doubled, or not the newest state; `stale_writes` what was overwritten by something older, though it may have been mended later."""

    def __init__(self, read):
        """`read` gives the records of a kind."""
        self.read = read

    def problems(self, orders):
        found, people = self.orders(), self.people()
        problems = [f"{len(same)} customers with the e-mail {email}" for email, same in people.items() if len(same) > 1]
        for order in orders:
            held, newest = found.pop(order.number, []), order.newest()
            if len(held) != 1:
                problems.append(f"order {order.number}: {len(held)} in the destination")
                continue
            wrong = self.differences(held[0], newest)
            email = order.customer["email"]
            persons = [person for address in (email, corrected(email)) for person in people.get(address, [])]
            if self.customer_of(held[0]) not in persons:
                wrong.append(f"belongs to {self.customer_of(held[0])} and not to one of {persons}")
            problems += [f"order {order.number}, newest state {newest.place} ({newest.status}): {text}" for text in wrong]
        return problems + [f"order {unknown} was never posted" for unknown in found]

    def differences(self, record, state):
        expected, actual = self.expected(state), self.actual(record)
        return [f"{field} is {actual[field]!r} and not {value!r}" for field, value in expected.items() if actual[field] != value]

    def orders(self):
        """Records of orders by the shop's number."""
        found = {}
        for record in self.read(self.order_kind):
            found.setdefault(int(re.search(r"\d+", str(record[self.order_field]))[0]), []).append(record)
        return found

    def people(self):
        """Ids of customers by e-mail."""
        found = {}
        for record in self.read(self.person_kind):
            found.setdefault(record[self.email_field], []).append(record.get("Id") or record.get("id"))
        return found


class Salesforce(Books):
    order_kind, order_field, person_kind, email_field = "Opportunity", "WooCommerce_Order_ID__c", "Contact", "Email"
    stages = {"pending": "Negotiation/Review", "on-hold": "Negotiation/Review", "processing": "Closed Won", "completed": "Closed Won",
              "refunded": "Closed Lost", "cancelled": "Closed Lost"}

    def problems(self, orders):
        self.lines = {}
        for line in self.read("OpportunityLineItem"):
            self.lines.setdefault(line["OpportunityId"], []).append((line["Description"], number(line["Quantity"]), number(line["TotalPrice"])))
        return super().problems(orders)

    def expected(self, state):
        return {"StageName": self.stages[state.status], "Amount": state.total,
                "lines": sorted((name, Decimal(quantity), total) for _, name, quantity, total in state.lines)}

    def actual(self, record):
        return {"StageName": record["StageName"], "Amount": number(record.get("Amount")), "lines": sorted(self.lines.get(record["Id"], []))}

    @staticmethod
    def customer_of(record):
        return record.get("ContactId")


class Zoho(Books):
    order_kind, order_field, person_kind, email_field = "Deals", "Deal_Name", "Contacts", "Email"

    def expected(self, state):
        return {"Stage": Salesforce.stages[state.status], "Amount": state.total - state.refunded,
                "lines": [f"{name} (x{quantity})" for _, name, quantity, _ in state.lines]}

    def actual(self, record):
        return {"Stage": record["Stage"], "Amount": number(record.get("Amount")),
                "lines": re.findall(r"Product \d+, state \d+\.\d+ \(x\d+\)", record.get("Description") or "")}

    @staticmethod
    def customer_of(record):
        return (record.get("Contact_Name") or {}).get("id")


class NetSuite(Books):
    order_kind, order_field, person_kind, email_field = "salesOrder", "externalId", "customer", "email"
    closed = ("cancelled", "refunded", "failed")

    def expected(self, state):
        return {"is closed": state.status in self.closed,
                "lines": sorted((name, Decimal(quantity), total) for _, name, quantity, total in state.lines)}

    def actual(self, record):
        lines = record["item"]["items"] if isinstance(record["item"], dict) else record["item"]
        return {"is closed": any(line.get("isClosed") for line in lines),
                "lines": sorted((line.get("description"), number(line["quantity"]), number(line["amount"])) for line in lines)}

    @staticmethod
    def customer_of(record):
        return (record.get("entity") or {}).get("id")


BOOKS = {"salesforce": Salesforce, "zoho": Zoho, "netsuite": NetSuite}


def stale_writes(writes, orders):
    """Writes of an older state after one of a newer: `writes` are the fields of every committed write, as they came."""
    by_number = {order.number: order for order in orders}
    newest, stale = {}, []
    for fields in writes:
        for order, place in {(int(order), int(place)) for order, place in TAG.findall(str(fields))}:
            state = by_number[order].states[place]
            if order in newest and state.modified < newest[order].modified:
                stale.append(f"order {order}: state {place} was written after state {newest[order].place}")
            else:
                newest[order] = state
    return stale
