"""The functions' policies are least, not just enough: without a statement, what it is for fails; with it again, nothing is lost."""

import contextlib
import json
import secrets
import time
import unittest

from deployment import STACK, StackCase
from harness import until
from shops import event


class Policies(StackCase):
    number = 72000

    def new_order(self):
        Policies.number += 1
        body = event("woocommerce", "01-new-customer")
        body.update(id=self.number, number=str(self.number), customer_id=self.number)
        body["billing"]["email"] = f"customer{self.number}@example.com"
        return body

    @contextlib.contextmanager
    def without(self, function, statement, *others):
        """The stack while a function's role lacks a statement, and others that it lacks already."""
        iam = self.stack.cloud.client("iam")
        role = self.stack.cloud.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=f"{function.capitalize()}Role")
        which = {"RoleName": role["StackResourceDetail"]["PhysicalResourceId"], "PolicyName": function}
        whole = iam.get_role_policy(**which)["PolicyDocument"]
        kept = [one for one in whole["Statement"] if one["Sid"] != statement]
        self.assertEqual(len(kept) + 1, len(whole["Statement"]), f"{function} has a statement {statement}, beside {others}")
        iam.put_role_policy(**which, PolicyDocument=json.dumps({**whole, "Statement": kept}))
        try:
            yield
        finally:
            iam.put_role_policy(**which, PolicyDocument=json.dumps(whole))

    def states(self, number):
        return {key[0]: entry["state"] for key, entry in self.stack.orders().items() if key[1] == str(number)}

    def test_what_ingest_cannot_send_is_in_the_bucket_and_is_sent_once_the_function_looks_around(self):
        body = self.new_order()
        self.stack.look_around()
        with self.without("ingest", "SendMessages"):
            self.stack.accept("acme", body)
            self.assertEqual(len(self.objects("unsent/")), 3, "one for each queue")
            self.assertEqual(self.states(body["id"]), {})
        self.stack.look_around()
        self.stack.settled("acme-sales", body["id"])
        self.assertEqual(self.objects("unsent/"), [])

    def test_without_the_queue_and_the_bucket_nothing_is_accepted(self):
        body = self.new_order()
        with self.without("ingest", "SendMessages"), self.without("ingest", "PutAway", "SendMessages"):
            self.assertEqual(self.stack.post("acme", body)[0], 503)
        self.stack.accept("acme", body)
        self.stack.settled("acme-sales", body["id"])

    def test_a_body_that_no_message_holds_needs_the_bucket_at_both_ends(self):
        body = self.new_order()
        body["meta_data"] = [{"key": "noise", "value": secrets.token_hex(1_100_000)}]
        with self.without("ingest", "PutAway"):
            self.assertEqual(self.stack.post("acme", body)[0], 503)
        with self.without("deliver", "FetchAndForgetBodies"):
            self.stack.accept("acme", body)
            # Where SQS was too slow for the shop, on a busy machine.
            self.stack.look_around()
            time.sleep(3)
            self.assertEqual(self.states(body["id"]), {})
        self.stack.settled("acme-sales", body["id"], timeout=60)

    def objects(self, prefix):
        found = self.stack.cloud.client("s3").list_objects_v2(Bucket=self.stack.outputs["Bucket"], Prefix=prefix)
        return [one["Key"] for one in found.get("Contents", [])]

    def test_ingest_accepts_nothing_without_the_secrets_and_says_503(self):
        body = self.new_order()
        with self.without("ingest", "ReadStoreSecrets"):
            self.stack.restart_functions()
            self.assertEqual(self.stack.post("acme", body)[0], 503)
        self.stack.restart_functions()
        self.stack.accept("acme", body)
        self.stack.settled("acme-sales", body["id"])

    def test_deliver_delivers_nothing_without_the_table_and_loses_nothing(self):
        body = self.new_order()
        writes = len(self.stack.sandboxes["sales"].writes())
        with self.without("deliver", "ReadAndWriteTheTable"):
            self.stack.accept("acme", body)
            time.sleep(3)
            self.assertEqual(self.states(body["id"]), {})
            self.assertEqual(len(self.stack.sandboxes["sales"].writes()), writes)
        self.stack.settled("acme-sales", body["id"], timeout=60)

    def test_what_deliver_gives_back_stays_hidden_without_its_statement(self):
        body = self.new_order()
        self.stack.sandboxes["sales"].fault("unavailable", True)
        self.addCleanup(self.stack.sandboxes["sales"].calm)
        with self.without("deliver", "ReceiveAndSettle"):
            self.stack.accept("acme", body)
            until(lambda: self.states(body["id"]).get("acme-sales") == "retrying", "the order is tried once")
            time.sleep(4)
            self.assertEqual(self.states(body["id"])["acme-sales"], "retrying", "its pause could not be set, so it waits for the queue's half hour")

    def test_a_dead_letter_needs_the_right_to_send_its_notice(self):
        body = {**event("woocommerce", "09-not-an-order"), "data": {"status": self.number}}
        before = self.notices()
        with self.without("deliver", "KeepDeadLetters"):
            self.stack.accept("acme", body, "order.updated")
            time.sleep(3)
            self.assertEqual(self.notices(), before)
        until(lambda: self.notices() > before, "with the right again, the message comes back and its notice is sent", timeout=60)

    def notices(self):
        url = self.stack.outputs["ZohoDeadLetterQueueUrl"]
        told = self.stack.cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(told["Attributes"]["ApproximateNumberOfMessages"])

    def test_without_the_secrets_deliver_leaves_the_destinations_alone_and_loses_nothing(self):
        body = self.new_order()
        with self.without("deliver", "ReadSecrets"):
            self.stack.restart_functions()
            self.stack.accept("acme", body)
            # NetSuite's requests are signed one by one; whoever has an access token needs no secret until it ends.
            until(lambda: self.states(body["id"]).get("acme-erp") == "retrying", lambda: f"the order waits\n{self.stack.logs()}", timeout=60)
            # The other systems' batches are given back by then; whoever is stopped in the middle leaves them to the queue's half hour.
            time.sleep(8)
        self.stack.restart_functions()
        for route in ("acme-erp", "acme-sales"):
            self.stack.settled(route, body["id"], timeout=90)

    def test_a_batch_that_meets_a_function_which_cannot_start_comes_back_after_a_minute(self):
        body = self.new_order()
        lambdas, name = self.stack.cloud.client("lambda"), f"{STACK}-deliver"
        variables = lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": {**variables, "ORDERBRIDGE_TABLE": ""}})
        try:
            self.stack.accept("acme", body)
            until(lambda: "ORDERBRIDGE_TABLE is not set" in "\n".join(self.stack.cloud.function_log(name)) + self.stack.cloud.logs(), self.stack.logs)
            # It has given the batch back by then; whoever is stopped in the middle leaves it to the queue's half hour.
            time.sleep(8)
        finally:
            lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        self.assertEqual(self.states(body["id"]), {})
        self.stack.settled("acme-sales", body["id"], timeout=100)


if __name__ == "__main__":
    unittest.main()
