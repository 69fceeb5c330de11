"""Payloads of real shops and versions, each through the three destinations' mappings of its shop: delivered, or rejected with a plain reason."""

import json
import re
import unittest

from harness import SHARED, SimulatorCase, until
from shops import SHOPS

PAYLOADS = SHARED / "payloads"
# Topics by the ending of a file's name, where it says one.
TOPIC = re.compile(r"(orders|refunds|customers|shop)\.([a-z_]+)\.json$")


def bodies(platform):
    """(file, topic, body) of every order there is of a platform, and of what its shops send besides."""
    shop = SHOPS[platform]
    prefix = {"woocommerce": "woo_", "shopify": "shopify_", "magento": "magento_"}[platform]
    files = sorted(PAYLOADS.glob(f"{prefix}*.json")) + (sorted(PAYLOADS.glob("adobe_*.json")) if platform == "magento" else [])
    for file in files:
        if "coupon" in file.name:
            continue
        named = TOPIC.search(file.name)
        topic = f"{named[1]}/{named[2]}" if named else shop.updated
        content = unwrapped(json.loads(file.read_text()))
        for body in content if isinstance(content, list) else [content]:
            yield file.name, topic, body


def unwrapped(content):
    """The body itself, or a list of them: the files carry some in the wrapping of where they were published."""
    for key in ("data", "orders", "body", "response"):
        inner = content.get(key) if isinstance(content, dict) and "line_items" not in content else None
        if isinstance(inner, str):
            return json.loads(inner)
        if isinstance(inner, (list, dict)):
            return inner
    return content


def items(platform):
    """An item for every product that the payloads name, as NetSuite needs them: products are not made by orders there."""
    found = {}
    for _, _, body in bodies(platform):
        order = body.get("order", body)
        lines = order.get("line_items") or order.get("items")
        for line in lines if isinstance(lines, list) else []:
            product, code = str(line.get("product_id") or ""), str(line.get("sku") or line.get("product_id") or "")
            found[code] = {"type": "inventoryItem", "itemId": code or "Custom", "externalId": product or None, "displayName": "Item", "basePrice": 1.0}
    return [{"id": str(2001 + place), **item} for place, item in enumerate(found.values())]


class RealPayloads:
    delivery = "concurrency = 1"

    def test_every_payload_is_delivered_or_rejected_with_a_plain_reason(self):
        if not PAYLOADS.exists():
            self.skipTest(f"skipped: {PAYLOADS} is not here")
        rows, seen = [], 0
        for name, topic, body in bodies(self.shop.platform):
            raw = json.dumps(body).encode()
            status, _, answer = self.bridge.post(raw, topic)
            self.assertEqual(status, 200, (name, answer))
            if answer["status"] == "ignored":
                rows.append((name, topic, "ignored", ""))
                continue
            outcomes = until(lambda: len(found := self.settled_outcomes()) > seen and found, lambda: f"{name} is settled\n{self.bridge.logs()[-2000:]}", timeout=60)
            seen, outcome = len(outcomes), outcomes[-1]
            # The log says it a moment before the queue has it.
            until(lambda: self.bridge.waiting() == 0, lambda: f"{name} has left the queue\n{self.bridge.logs()[-2000:]}")
            reason = self.bridge.dead()[0]["reason"] if outcome == "rejected" else "; ".join(self.warnings(body))
            rows.append((name, topic, outcome, reason))
        print(f"\n{self.shop.platform} -> {self.system}")
        for name, topic, outcome, reason in rows:
            print(f"  {name:<60} {topic:<22} {outcome:<10} {reason[:170]}")
        self.assertIn("delivered", [outcome for _, _, outcome, _ in rows])
        for name, _, outcome, reason in rows:
            self.assertIn(outcome, ("delivered", "unchanged", "stale", "skipped", "rejected", "ignored", "privacy"), name)
            self.assertTrue(outcome != "rejected" or len(reason) > 20, name)

    def settled_outcomes(self):
        return [outcome for outcome in re.findall(r'outcome="([a-z_]+)"', self.bridge.logs()) if outcome != "retry"]

    def warnings(self, body):
        order = body.get("order", body)
        entry = self.bridge.orders().get(str(order.get("id") or order.get("entity_id")))
        return entry["warnings"] if entry else []


def case(platform, system):
    created = {"salesforce": "create", "zoho": "create", "netsuite": "skip"}[system]
    attributes = {"system": system, "shop": SHOPS[platform], "route": f'[routes.vars]\nmissing_product = "{created}"\n'}
    if system == "netsuite" and PAYLOADS.exists():
        attributes["simulator_config"] = {"items": items(platform)}
    return type(f"{platform.title()}To{system.title()}", (RealPayloads, SimulatorCase), attributes)


for _platform in SHOPS:
    for _system in ("salesforce", "zoho", "netsuite"):
        _case = case(_platform, _system)
        globals()[_case.__name__] = _case
del _case


if __name__ == "__main__":
    unittest.main()
