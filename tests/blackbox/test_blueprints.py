"""The five blueprints through the real program, against the strict simulators: each sample becomes exactly the records of the design, once."""

import copy
import json
import unittest
from decimal import Decimal
from pathlib import Path

from harness import Account, Bridge, Simulator, SimulatorCase, simulator, until
from recorder import Recorder
from shops import Magento, Shopify, WooCommerce, event

SAMPLES = Path(__file__).resolve().parent / "samples"


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text())


class Blueprint:
    """What every blueprint promises. The sub-classes say what is exact."""

    number = "12345"
    # Record kinds of the destination that a repeated delivery must not multiply.
    kinds = ()
    # Calls, those for tokens aside, that the sample may cost.
    calls = 2

    def body(self):
        raise NotImplementedError

    def updated(self):
        """The sample in a newer state, with another total."""
        raise NotImplementedError

    def counts(self):
        return {kind: len(self.sim.records(kind)) for kind in self.kinds}

    def test_the_sample_becomes_exactly_the_records_of_the_design(self):
        self.bridge.accept(self.body())
        entry = self.bridge.settled(self.number)
        self.exact()
        self.assertTrue(entry["delivered"]["records"])
        self.assertLessEqual(self.sim.data_calls(), self.calls)

    def test_the_same_again_changes_nothing_and_calls_nothing(self):
        self.bridge.accept(self.body())
        revision = self.bridge.settled(self.number)["revision"]
        calls, counts = self.sim.data_calls(), self.counts()
        for _ in range(3):
            self.bridge.accept(self.body())
        until(lambda: self.bridge.orders()[self.number]["revision"] >= revision + 1, "the repetition is noted")
        self.bridge.settled(self.number)
        self.assertEqual((self.sim.data_calls(), self.counts()), (calls, counts))
        self.exact()

    def test_an_update_updates(self):
        self.bridge.accept(self.body())
        revision = self.bridge.settled(self.number)["revision"]
        counts = self.counts()
        self.bridge.accept(self.updated(), self.shop.updated)
        until(lambda: (entry := self.bridge.orders()[self.number])["state"] == "delivered" and entry["revision"] > revision, "the update is delivered")
        self.assertEqual(self.counts(), counts)
        self.changed()

    def test_preview_prints_the_requests_that_are_sent(self):
        file = self.bridge.path / "sample.json"
        file.write_text(json.dumps(self.body()))
        status, out, err = self.bridge.run("preview", "--config", str(self.bridge.config), "--route", self.bridge.route, str(file))
        self.assertEqual(status, 0, err)
        foreseen = json.loads(out)["requests"]
        recorder = Recorder(self.sim.url)
        self.addCleanup(recorder.stop)
        account = self.sim.account()
        bridge = Bridge(Account(account.system, account.settings.replace(self.sim.url, recorder.url), account.secret), self.shop, route=self.route)
        self.addCleanup(bridge.stop)
        bridge.start()
        bridge.accept(self.body())
        bridge.settled(self.number)
        sent = [request for request in recorder.requests if "oauth" not in request[1]]
        self.assertEqual([(request["method"], request["path"]) for request in foreseen], [(method, path) for method, path, _ in sent])
        for request, (_, path, body) in zip(foreseen, sent):
            self.alike(request.get("body"), body, path)

    def alike(self, foreseen, sent, place):
        """The same but for what only the destination knows: ids, which the preview shows as texts in angle brackets."""
        if isinstance(foreseen, str) and foreseen.startswith("<"):
            self.assertIsInstance(sent, str, place)
        elif isinstance(foreseen, dict):
            self.assertIsInstance(sent, dict, place)
            self.assertEqual(set(foreseen), set(sent), place)
            for key, value in foreseen.items():
                self.alike(value, sent[key], f"{place}.{key}")
        elif isinstance(foreseen, list):
            self.assertIsInstance(sent, list, place)
            self.assertEqual(len(foreseen), len(sent), place)
            for index, value in enumerate(foreseen):
                self.alike(value, sent[index], f"{place}[{index}]")
        else:
            self.assertEqual(foreseen, sent, place)


class WooCommerceSalesforce(Blueprint, SimulatorCase):
    kinds = ("Account", "Contact", "Opportunity", "OpportunityLineItem")

    def body(self):
        return event("woocommerce", "01-new-customer")

    def updated(self):
        body = self.body()
        body.update(status="cancelled", date_modified="2023-10-27T09:00:00", date_modified_gmt="2023-10-27T13:00:00")
        return body

    def exact(self):
        account, contact, opportunity = self.sim.one("Account"), self.sim.one("Contact"), self.sim.one("Opportunity")
        address = {"Street": "123 Main St", "City": "Anytown", "State": "NY", "PostalCode": "12345", "Country": "US"}
        self.same(account, Name="John Doe", WooCommerce_Customer_ID__c="6789", **{f"Billing{part}": value for part, value in address.items()})
        self.same(contact, Email="john.doe@example.com", FirstName="John", LastName="Doe", Phone="555-123-4567", WooCommerce_Customer_ID__c="6789",
                  AccountId=account["Id"], **{f"Mailing{part}": value for part, value in address.items()})
        self.same(opportunity, Name="WooCommerce Order #12345", Amount=Decimal("99.99"), CloseDate="2023-10-26", StageName="Closed Won",
                  WooCommerce_Order_ID__c="12345", AccountId=account["Id"], ContactId=contact["Id"])
        lines = {line["Description"]: line for line in self.sim.records("OpportunityLineItem")}
        self.assertEqual(set(lines), {"Product A", "Product B"})
        self.same(lines["Product A"], Quantity=Decimal(1), UnitPrice=Decimal("49.99"), ProductCode="101")
        self.same(lines["Product B"], Quantity=Decimal(2), UnitPrice=Decimal("25.00"), ProductCode="102")

    def changed(self):
        self.same(self.sim.one("Opportunity"), StageName="Closed Lost")


class ShopifySalesforce(Blueprint, SimulatorCase):
    shop = Shopify
    number = "123456789"
    kinds = ("Account", "Contact", "Opportunity", "OpportunityLineItem")

    def body(self):
        return sample("shopify-salesforce")

    def updated(self):
        body = self.body()
        body.update(updated_at="2023-10-27T10:00:00-04:00", total_price="150.00", financial_status="paid", fulfillment_status="fulfilled")
        body["line_items"][0]["price"] = "150.00"
        return body

    def exact(self):
        account, contact, opportunity = self.sim.one("Account"), self.sim.one("Contact"), self.sim.one("Opportunity")
        self.same(account, Name="Acme Corp", BillingStreet="123 Main St", BillingCity="Anytown", BillingState="NY", BillingPostalCode="12345",
                  BillingCountry="United States", External_Shopify_Account_ID__c="shop_cust_987654321")
        self.same(contact, FirstName="John", LastName="Doe", Email="john.doe@example.com", Phone="+15551234567", AccountId=account["Id"],
                  External_Shopify_ID__c="987654321")
        self.same(opportunity, Name="Shopify Order #1001 (John Doe)", StageName="New Order", CloseDate="2023-11-26", Amount=Decimal("100.00"),
                  External_Shopify_Order_ID__c="123456789", AccountId=account["Id"], ContactId=contact["Id"])
        self.assertEqual(self.sim.records("OpportunityLineItem"), [])

    def changed(self):
        opportunity = self.sim.one("Opportunity")
        self.same(opportunity, Amount=Decimal("150.00"))
        self.assertNotEqual(opportunity["StageName"], "New Order")


class MagentoSalesforce(Blueprint, SimulatorCase):
    shop = Magento
    kinds = ("Account", "Contact", "Opportunity", "Lead")

    def body(self):
        return sample("magento-salesforce")

    def updated(self):
        body = self.body()
        body["order"].update(state="complete", status="complete", grand_total=89.99, base_grand_total=89.99, updated_at="2023-10-27 10:05:00")
        body["order"]["items"][0]["price"] = 89.99
        return body

    def exact(self):
        account, contact, opportunity = self.sim.one("Account"), self.sim.one("Contact"), self.sim.one("Opportunity")
        self.same(opportunity, Name="Order 000000123 - Jane Doe", Amount=Decimal("99.99"), StageName="Prospecting", CloseDate="2023-11-26",
                  Magento_Order_ID__c="000000123", Magento_Customer_Email__c="jane.doe@example.com", Billing_Street__c="123 Main St",
                  Billing_City__c="Anytown", Billing_State__c="State", Billing_PostalCode__c="12345", Billing_Country__c="US",
                  Description="Product X (SKU: PROD-XYZ, Qty: 1)", LeadSource="Magento E-commerce", AccountId=account["Id"], ContactId=contact["Id"])
        self.same(contact, Email="jane.doe@example.com", AccountId=account["Id"])

    def changed(self):
        opportunity = self.sim.one("Opportunity")
        self.same(opportunity, Amount=Decimal("89.99"))
        self.assertNotEqual(opportunity["StageName"], "Prospecting")


class MagentoLead(SimulatorCase):
    shop = Magento
    route = '[routes.vars]\nobject = "Lead"\n'
    simulator_config = {"custom_fields": {"Lead": {"Magento_Order_ID__c": {"type": "Text", "length": 255, "externalId": True, "unique": True}}}}

    def test_a_lead_is_written_instead_of_an_opportunity(self):
        self.bridge.accept(sample("magento-salesforce"))
        self.bridge.settled("12345")
        self.same(self.sim.one("Lead"), Email="jane.doe@example.com", LastName="Doe")
        self.assertEqual(self.sim.records("Opportunity"), [])


class WooCommerceZoho(Blueprint, SimulatorCase):
    system = "zoho"
    kinds = ("Accounts", "Contacts", "Deals")
    calls = 4

    def body(self):
        return sample("woocommerce-zoho")

    def updated(self):
        body = self.body()
        body.update(status="cancelled", total="45.00", date_modified="2023-10-28T10:05:00")
        return body

    def exact(self):
        account, contact, deal = self.sim.one("Accounts"), self.sim.one("Contacts"), self.sim.one("Deals")
        self.same(account, Account_Name="Acme Corp")
        self.same(contact, First_Name="John", Last_Name="Doe", Email="john.doe@example.com", Phone="555-123-4567", Mailing_Street="123 Main St",
                  Mailing_City="Anytown", Mailing_State="NY", Mailing_Zip="12345", Mailing_Country="US",
                  Description="Customer from WooCommerce Order ID: 12345", Lead_Source="WooCommerce", Account_Name={"id": account["id"]})
        self.same(deal, Deal_Name="WooCommerce Order #12345 (John Doe)", Stage="Closed Won", Closing_Date="2023-10-27", Amount=Decimal("105.00"),
                  Type="New Business", Contact_Name={"id": contact["id"]}, Account_Name={"id": account["id"]}, Lead_Source="WooCommerce",
                  Description="Order details: Items: Product A (x1), Product B (x2). Total: $105.00. Shipping: $5.00. Discount: $10.00.")
        self.assertNotIn("Campaign_Source", {key for key, value in deal.items() if value is not None})

    def changed(self):
        self.same(self.sim.one("Deals"), Amount=Decimal("45.00"), Stage="Closed Lost")


class WooCommerceNetSuite(Blueprint, SimulatorCase):
    system = "netsuite"
    number = "1234"
    kinds = ("customer", "salesOrder")
    calls = 4
    route = '[routes.vars.shipping_items]\nflat_rate = "1503"\n'

    def body(self):
        return sample("woocommerce-netsuite")

    def updated(self):
        body = copy.deepcopy(self.body())
        body.update(status="completed", total="155.00", date_modified_gmt="2023-10-27T10:00:00Z")
        body["line_items"][1].update(quantity=2, total="100.00")
        return body

    def exact(self):
        customer, order = self.sim.one("customer"), self.sim.one("salesOrder")
        self.same(customer, externalId="WOO_CUST_56", firstName="John", lastName="Doe", email="john.doe@example.com")
        self.same(order, externalId="WOO_ORDER_1234", tranDate="2023-10-26", memo="WooCommerce Order #1234", entity={"id": customer["id"]})
        for name in ("shippingAddress", "billingAddress"):
            self.same(order[name], country={"id": "US"}, state="CA", city="Anytown", zip="90210", addr1="123 Main St", addressee="John Doe")
        lines = [(line["item"]["id"], Decimal(str(line["quantity"])), Decimal(str(line["rate"])), Decimal(str(line["amount"]))) for line in self.lines(order)]
        self.assertEqual(lines, [("1501", 1, 50, 50), ("1502", 1, 50, 50), ("1503", 1, 5, 5)])

    def changed(self):
        lines = [Decimal(str(line["amount"])) for line in self.lines(self.sim.one("salesOrder"))]
        self.assertEqual(lines, [50, 100, 5])

    @staticmethod
    def lines(order):
        item = order["item"]
        return item["items"] if isinstance(item, dict) else item


if __name__ == "__main__":
    unittest.main()
