"""What is left when a system is switched off or the stack is deleted: every order and the whole ledger; and how the next stack takes them over."""

import secrets
import unittest
from pathlib import Path

import tools
from deployment import BUILT, STACK, Deployment
from harness import call
from shops import event


class Removal(unittest.TestCase):
    """A stack of its own, because it does not survive this."""

    @classmethod
    def setUpClass(cls):
        if not Path(BUILT, "template.yaml").exists():
            raise unittest.SkipTest("skipped: the functions are not built; run tests/aws/build.py")
        try:
            cls.stack = Deployment()
        except tools.Unavailable as why:
            raise unittest.SkipTest(f"skipped: {why}")
        cls.addClassCleanup(cls.stack.stop)
        cls.number = 73000

    def order(self):
        Removal.number += 1
        body = event("woocommerce", "01-new-customer")
        body.update(id=self.number, number=str(self.number), customer_id=self.number)
        body["billing"]["email"] = f"customer{self.number}@example.com"
        return body

    def waiting(self, system):
        sqs = self.stack.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{STACK}-{system}.fifo")["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sum(int(count) for count in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())

    def tables(self):
        return self.stack.cloud.client("dynamodb").list_tables()["TableNames"]

    def test_orders_and_ledger_outlive_the_stack_and_the_next_one_takes_them_over(self):
        first = self.order()
        self.stack.accept("acme", first)
        self.stack.settled("acme-sales", first["id"])
        self.stack.settled("acme-crm", first["id"])
        # Too large for a message, so that its body is in the bucket.
        lost_sight_of = self.order()
        lost_sight_of["meta_data"] = [{"key": "noise", "value": secrets.token_hex(1_100_000)}]
        lambdas = self.stack.cloud.client("lambda")
        for mapping in lambdas.list_event_source_mappings()["EventSourceMappings"]:
            lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        self.stack.accept("acme", lost_sight_of)
        # Where SQS was too slow for the shop, on a busy machine.
        self.stack.look_around()

        # Switched off, a system keeps its orders.
        self.stack.configure(without="crm")
        self.stack.deploy(UseZoho="false")
        self.assertEqual(self.waiting("zoho"), 1)
        table, bucket = self.stack.outputs["Table"], self.stack.outputs["Bucket"]

        done = tools.sam("delete", "--stack-name", STACK, "--no-prompts", "--region", "us-east-1", env=self.stack.cloud.access, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(table, self.tables())
        self.assertEqual([self.waiting(system) for system in ("salesforce", "zoho", "netsuite")], [1, 1, 1])

        self.stack.configure()
        self.stack.deploy(ExistingTable=table, ExistingBucket=bucket, ExistingQueues="true")
        self.assertEqual((self.stack.outputs["Table"], self.stack.outputs["Bucket"]), (table, bucket))
        self.assertEqual([name for name in self.tables() if name != table], [])
        self.assertEqual(self.stack.orders()["acme-sales", str(first["id"])]["state"], "delivered")
        for route in ("acme-sales", "acme-crm"):
            self.stack.settled(route, lost_sight_of["id"], timeout=90)
        # It is a whole stack.
        last = self.order()
        self.stack.accept("acme", last)
        self.stack.settled("acme-crm", last["id"])
        self.assertEqual(call(self.stack.address("/healthz"))[0], 200)


if __name__ == "__main__":
    unittest.main()
