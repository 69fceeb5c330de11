"""How each shop signs what it sends, and its sample orders. Standard library only."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

EVENTS = Path(__file__).resolve().parents[2] / "events"


def digest(body, secret):
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


class WooCommerce:
    platform = "woocommerce"
    created, updated = "order.created", "order.updated"

    @staticmethod
    def headers(body, secret, topic):
        return {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": base64.b64encode(digest(body, secret)).decode()}

    @staticmethod
    def order_id(body):
        return str(body["id"])


class Shopify:
    platform = "shopify"
    created, updated = "orders/create", "orders/updated"

    @staticmethod
    def headers(body, secret, topic):
        return {"X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": base64.b64encode(digest(body, secret)).decode(),
                "X-Shopify-Shop-Domain": "acme.myshopify.com"}

    @staticmethod
    def order_id(body):
        return str(body["id"])


class Magento:
    platform = "magento"
    created = updated = "sales_order_save_after"

    @staticmethod
    def headers(body, secret, topic):
        return {"X-Magento-Signature": "sha256=" + digest(body, secret).hex()}

    @staticmethod
    def order_id(body):
        order = body.get("order", body)
        return str(order.get("entity_id") or order.get("increment_id"))


SHOPS = {shop.platform: shop for shop in (WooCommerce, Shopify, Magento)}


def event(platform, name):
    """A sample webhook body as JSON: `event("shopify", "01-new-customer")`."""
    return json.loads((EVENTS / platform / f"{name}.json").read_text())
