"""Shops that live: the strict simulators of the shops, which post webhooks, lose them, and answer whoever asks for orders."""

import json

from harness import Simulator, call
from shops import Magento, Shopify, WooCommerce


class LivingShop(Simulator):
    """The strict simulator of a shop, in a process of its own."""

    config = {}
    webhook_secret = "a webhook secret of a test, 0123456789"

    def __init__(self, seed=1):
        super().__init__(self.platform.platform, self.config, seed)

    def lose(self, probability):
        self.admin("config", {"lose_webhooks": probability})

    def calls(self):
        return self.admin("calls")["by_kind"]


class LivingWooCommerce(LivingShop):
    platform = WooCommerce
    config = {"webhook_safe_urls": False}

    def keys(self):
        key = "51m0000000000000000000000000000000000001"
        return {"url": self.url, "consumer_key": f"ck_{key}", "consumer_secret": f"cs_{key}"}

    def register(self, address, secret):
        for topic in ("order.created", "order.updated"):
            self.admin("shop", {"op": "webhook", "topic": topic, "delivery_url": address, "secret": secret})

    def create(self, count, **spec):
        return [str(order) for order in self.admin("shop", {"op": "create", "count": count, "lines": [{"sku": "SKU-A", "quantity": 1, "price": "49.99"}], **spec})["ids"]]

    def change(self, order):
        self.admin("shop", {"op": "update", "id": int(order), "status": "completed"})

    def drain(self):
        self.admin("shop", {"op": "drain", "timeout_s": 30})


class LivingMagento(LivingShop):
    platform = Magento

    def keys(self):
        return {"base_url": self.url, "consumer_key": "abcdefghijklmnopqrstuvwxyz012345", "consumer_secret": "1" * 32,
                "access_token": "543210zyxwvutsrqponmlkjihgfedcba", "access_token_secret": "2" * 32}

    def register(self, address, secret):
        self.admin("shop", {"op": "subscription", "event_name": "sales.order.created", "recipient_url": address, "verification_token": secret})
        self.admin("shop", {"op": "subscription", "event_name": "sales.order.updated", "recipient_url": address, "verification_token": secret})

    def create(self, count, **spec):
        return [str(order) for order in self.admin("shop", {"op": "create", "count": count, "lines": [{"sku": "SKU-A"}], **spec})["ids"]]

    def change(self, order):
        self.admin("shop", {"op": "invoice", "id": int(order)})

    def drain(self):
        self.admin("shop", {"op": "drain", "timeout_s": 30})


class LivingShopify(LivingShop):
    platform = Shopify
    webhook_secret = "shpss_51m0000000000000000000000000c53c"
    token = "shpat_51m00000000000000000000000001e9a"
    config = {"webhooks": {"allow_loopback": True}, "search_lag_s": 0,
              "versions": {"supported": ["2026-01", "2026-04", "2026-07"], "candidate": "2026-10"}}

    def __init__(self, seed=1, scopes=None):
        if scopes:
            self.config = {**self.config, "credentials": {"scopes": scopes}}
        super().__init__(seed)

    def keys(self):
        return {"store_domain": f"{self.url}", "admin_api_access_token": self.token}

    def register(self, address, secret):
        for topic in ("orders/create", "orders/updated"):
            status, _, answer = call(f"{self.url}/admin/api/2026-04/webhooks.json", "POST",
                                     json.dumps({"webhook": {"topic": topic, "address": address, "format": "json"}}),
                                     {"Content-Type": "application/json", "X-Shopify-Access-Token": self.token})
            assert status == 201, answer

    def create(self, count, **spec):
        made = self.admin("shop", {"do": "create_orders", "count": count, "lines": [{"sku": "SKU-A", "title": "Product A", "price": "49.99"}], **spec})
        return [str(order) for order in made["ids"]]

    def change(self, order):
        self.admin("shop", {"do": "update_order", "order": int(order), "note": "changed"})

    def drain(self):
        self.admin("shop", {"do": "flush_webhooks"})


LIVING = {shop.platform.platform: shop for shop in (LivingWooCommerce, LivingMagento, LivingShopify)}
