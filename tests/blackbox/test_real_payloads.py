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
        content = json.loads(file.read_text())
        if isinstance(content, dict):
            content = next((content[key] for key in ("data", "orders") if isinstance(content.get(key), (list, dict)) and "line_items" not in content), content)
        for body in content if isinstance(content, list) else [content]:
            yield file.name, topic, body


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
            outcomes = until(lambda: len(found := self.settled_outcomes()) > seen and found, f"{name} is settled\n{self.bridge.logs()[-2000:]}", timeout=60)
            seen, outcome = len(outcomes), outcomes[-1]
            reason = self.bridge.dead()[0]["reason"] if outcome == "rejected" else "; ".join(self.warnings(body))
            rows.append((name, topic, outcome, reason))
        print(f"\n{self.shop.platform} -> {self.system}")
        for name, topic, outcome, reason in rows:
            print(f"  {name:<60} {topic:<22} {outcome:<10} {reason[:170]}")
        self.assertGreaterEqual(len(rows), 3)
        for name, _, outcome, reason in rows:
            self.assertIn(outcome, ("delivered", "unchanged", "stale", "skipped", "rejected", "ignored", "recorded"), name)
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
    return type(f"{platform.title()}To{system.title()}", (RealPayloads, SimulatorCase), attributes)


for _platform in SHOPS:
    for _system in ("salesforce", "zoho", "netsuite"):
        _case = case(_platform, _system)
        globals()[_case.__name__] = _case
del _case


if __name__ == "__main__":
    unittest.main()
