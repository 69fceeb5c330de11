"""The function that compares: the scheduled event finds an order whose webhook never came and queues it; and without a statement of its policy it does not, and loses nothing."""

import contextlib
import datetime
import json
import secrets
import time
import unittest

from deployment import STACK, StackCase
from harness import simulator, until
from living_shops import LivingWooCommerce


class Reconcile(StackCase):
    @classmethod
    def setUpClass(cls):
        if not simulator("woocommerce").exists():
            raise unittest.SkipTest(f"skipped: the strict simulator {simulator('woocommerce')} is not here")
        super().setUpClass()
        cls.shop = LivingWooCommerce()
        cls.addClassCleanup(cls.shop.stop)
        cls.shop.lose(1.0)
        cls.stack.push_secrets(**{f"ACME__WOOCOMMERCE_{key.upper()}": value for key, value in cls.shop.keys().items()})
        cls.addClassCleanup(cls.stack.restart_functions)
        cls.addClassCleanup(cls.stack.push_secrets)
        cls.stack.restart_functions()

    def lost_order(self, **spec):
        """An order of the shop that posted no webhook; before the last minute, because what is younger may not be visible yet."""
        order, = self.shop.create(1, **spec)
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=10)
        self.shop.admin("shop", {"op": "update", "id": int(order), "status": "completed", "modified": past.strftime("%Y-%m-%dT%H:%M:%S")})
        return order

    def run_once(self):
        """What the schedule does: stores that were compared, were left alone, failed. What was compared a moment ago is not due yet."""
        time.sleep(3)
        schedule = self.resource("ReconcileSchedule")
        target = self.stack.cloud.client("scheduler").get_schedule(Name=schedule)["Target"]
        answer = self.stack.cloud.client("lambda").invoke(FunctionName=target["Arn"].rpartition(":")[2], Payload=target["Input"].encode())
        told = json.loads(answer["Payload"].read())
        self.assertEqual(told.get("cut_off"), False, f"{told}\n{self.stack.logs()}")
        return told

    def resource(self, name):
        found = self.stack.cloud.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=name)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def arrives(self, order):
        until(lambda: ("acme-sales", order) in self.stack.orders(), lambda: f"order {order} comes\n{self.stack.logs()}", timeout=60)

    @contextlib.contextmanager
    def without(self, statement):
        """The stack while the function's role lacks a statement."""
        iam = self.stack.cloud.client("iam")
        which = {"RoleName": self.resource("ReconcileRole"), "PolicyName": "reconcile"}
        whole = iam.get_role_policy(**which)["PolicyDocument"]
        kept = [one for one in whole["Statement"] if one["Sid"] != statement]
        self.assertEqual(len(kept) + 1, len(whole["Statement"]), statement)
        iam.put_role_policy(**which, PolicyDocument=json.dumps({**whole, "Statement": kept}))
        try:
            yield
        finally:
            iam.put_role_policy(**which, PolicyDocument=json.dumps(whole))

    def test_the_schedule_finds_an_order_whose_webhook_never_came(self):
        order = self.lost_order()
        self.assertEqual(self.run_once()["compared"], ["acme"])
        self.arrives(order)
        # The figures of the run, which the alarms go by.
        told = [json.loads(line) for line in self.stack.cloud.function_log(f"{STACK}-reconcile") if '"_aws"' in line]
        figures = {name for line in told for name in line}
        for figure in ("compared_orders_total", "unlike_orders", "silent_stores", "webhooks_off", "uncompared_stores"):
            self.assertIn(figure, figures)

    def test_without_the_queues_the_order_comes_with_the_next_run(self):
        order = self.lost_order()
        with self.without("SendMessages"):
            self.assertEqual(self.run_once()["failed"], ["acme"])
        self.assertNotIn(("acme-sales", order), self.stack.orders())
        self.run_once()
        self.arrives(order)

    def test_without_the_table_nothing_is_compared(self):
        order = self.lost_order()
        with self.without("ReadAndWriteTheTable"):
            self.assertEqual(self.run_once()["failed"], ["acme"])
        self.assertNotIn(("acme-sales", order), self.stack.orders())
        self.run_once()
        self.arrives(order)

    def test_without_the_secrets_no_shop_is_asked(self):
        order = self.lost_order()
        with self.without("ReadSecrets"):
            self.stack.restart_functions()
            self.assertIn("acme", self.run_once()["failed"])
        self.assertNotIn(("acme-sales", order), self.stack.orders())
        self.stack.restart_functions()
        self.run_once()
        self.arrives(order)

    def test_an_order_that_no_message_holds_needs_the_bucket(self):
        order = self.lost_order(set={"meta_data": [{"id": 1, "key": "noise", "value": secrets.token_hex(1_100_000)}]})
        with self.without("PutAway"):
            self.assertEqual(self.run_once()["failed"], ["acme"])
        self.assertNotIn(("acme-sales", order), self.stack.orders())
        self.run_once()
        self.arrives(order)


if __name__ == "__main__":
    unittest.main()
