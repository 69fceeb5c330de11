"""Walks of an operator through the console, in a real browser over a real server: first start to first order, an outage, a missing product, an order's whole story, nothing done by accident."""

import json
import unittest

from walk import call, order, until, Walk


def line(number, sku):
    return {"id": number, "name": f"Product {sku}", "product_id": number, "sku": sku, "quantity": 1, "total": "10.00"}


class FirstStart(Walk):
    def test_from_the_first_start_to_the_first_order(self):
        self.says("Connect the shop of store acme")
        self.says(f"{self.bridge.url}/webhooks/acme")
        self.says("waiting for the first ping")
        self.shoot("01-first-start")

        status, _, _ = call(f"{self.bridge.url}/webhooks/acme", "POST", b"webhook_id=1", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(status, 200)
        self.sees("the shop reaches us")
        self.bridge.accept(order(1042))
        self.sees("Nothing needs you")
        self.assertNotIn("waiting for the first", self.page.inner_text("main"))
        self.sees("1 webhook accepted in the last 24 hours")
        self.assertEqual(self.page.locator("svg[role=img] rect").count(), 1)
        self.shoot("02-first-order")

        self.press("Orders")
        self.press("1042")
        self.says("delivered")
        self.says("Opportunity")


class Outage(Walk):
    delivery = "circuit_after = 2"

    def test_an_outage_is_seen_and_gone(self):
        self.bridge.accept(order(1))
        self.bridge.settled(1)
        for _ in range(400):
            self.crm.fault("unavailable", False)
        for number in range(2, 8):
            self.bridge.accept(order(number, billing={"email": f"{number}@example.com"}))
        self.sees("sales has been left alone since")
        self.assertNotIn("All is well", self.page.inner_text("main"))
        self.shoot("03-outage")
        self.go("/orders")
        self.shoot("04-waiting")
        self.page.get_by_role("link", name="7", exact=True).click()
        self.says("sales is left alone until")

        self.crm.calm()
        for number in range(2, 8):
            self.bridge.settled(number)
        self.go("/")
        self.sees("Nothing needs you")
        self.assertNotIn("left alone", self.page.inner_text("main"))


class MissingProduct(Walk):
    orders = 1000

    def test_one_missing_product_in_many_orders_is_mended_by_one_replay(self):
        for number in range(1, self.orders + 1):
            body = order(number, total="10.00", billing={"email": f"{number}@example.com"}, line_items=[line(1, "TEA-2")])
            self.bridge.accept(body)
        until(lambda: self.bridge.count("dead_letters") == self.orders, self.bridge.logs, 90)
        self.go("/")
        self.says(f"{self.orders}")
        self.shoot("05-missing-product")
        self.press("Dead letters")
        self.says("TEA-2")
        self.assertEqual(self.page.locator("tbody tr").count(), 1, "one reason is one row")
        self.shoot("06-dead-letters")
        self.page.locator("tbody tr a").first.click()
        self.shoot("07-group")
        self.page.locator("tbody tr a").first.click()
        self.says("Under the present mapping")
        self.shoot("08-letter")
        self.page.go_back()

        self.crm.add_product("TEA-2")
        self.press(f"Replay all {self.orders}")
        self.assertEqual(self.bridge.count("dead_letters"), self.orders, "it asks first")
        self.shoot("09-replay-asks")
        self.page.get_by_role("button").first.click()
        self.says(f"{self.orders}")
        self.shoot("10-replayed")
        until(lambda: all(entry["state"] == "delivered" for entry in self.bridge.orders().values()), self.bridge.logs, 120)
        self.go("/dead")
        self.says("No order waits for a person")
        self.assertEqual(len(self.crm.records("Opportunity")), self.orders)

    def test_an_edited_copy_is_replayed_and_a_letter_dropped_after_a_question(self):
        for number in (7, 8):
            self.bridge.accept(order(number, total="10.00", billing={"email": f"{number}@example.com"}, line_items=[line(1, "TEA-2")]))
            self.bridge.settled(number, "rejected")
        self.go("/dead")
        self.page.locator("tbody tr a").first.click()
        self.press("7")
        self.press("Edit and replay")
        self.shoot("11-edit")
        body = self.page.locator("textarea").input_value()
        self.page.locator("textarea").fill(body.replace('"line_items"', "line_items"))
        self.page.get_by_role("button").first.click()
        self.assertTrue(self.page.locator("[role=alert]").is_visible(), "what is not JSON is told, and the text is kept")
        edited = json.loads(body)
        edited["line_items"][0]["sku"] = ""
        edited["line_items"][0]["product_id"] = 101
        self.page.locator("textarea").fill(json.dumps(edited))
        self.page.get_by_role("button").first.click()
        self.bridge.settled(7)

        self.go("/dead")
        self.page.locator("tbody tr a").first.click()
        self.press("8")
        self.press("Drop")
        self.press("No, go back")
        self.press("Drop")
        self.page.get_by_role("button").first.click()
        self.assertNotIn("8", [letter["message"]["order"] for letter in self.bridge.dead()])


class Story(Walk):
    def test_an_orders_whole_story_is_found_by_number_and_by_record(self):
        self.bridge.accept({**order(1042), "number": "1042-A"})
        self.bridge.settled(1042)
        self.bridge.accept({**order(1042, status="completed", date_modified_gmt="2023-10-27T10:00:00"), "number": "1042-A"})
        until(lambda: len(self.bridge.orders()["1042"]["history"]) >= 4, "delivered twice")
        record = self.crm.records("Opportunity")[0]["Id"]
        for called in ("1042", "#1042-A", record):
            self.go("/orders")
            self.page.get_by_label("Find by number").fill(called)
            self.page.get_by_label("Find by number").press("Enter")
            self.page.wait_for_url("**/order?**")
            self.says("accepted from the shop")
            self.says(record)
        self.shoot("12-order")
        self.go("/orders?find=999")
        self.shoot("13-nothing-found")

    def test_what_a_shop_sends_is_only_text(self):
        script = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
        body = order(5, total="10.00", billing={"email": "5@example.com", "first_name": script}, line_items=[line(1, script)])
        self.bridge.accept({**body, "number": script})
        self.bridge.settled(5, "rejected")
        letter = self.bridge.dead()[0]["id"]
        for path in ("/", "/orders", "/order?id=5", "/dead", f"/letter?id={letter}", f"/letter/edit?id={letter}"):
            self.go(path)
            self.assertNotEqual(self.page.title(), "owned", path)
            self.assertEqual(self.page.locator("main script, main img").count(), 0, path)
        self.shoot("14-only-text")


if __name__ == "__main__":
    unittest.main()
