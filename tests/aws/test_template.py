"""The template before it is deployed: what SAM, cfn-lint and checkov say of it, and what they do not look for."""

import json
import re
import subprocess
import sys
import tomllib
import unittest

import tools


class Template(unittest.TestCase):
    def linted(self, name, *command):
        try:
            env = tools.environment(tools.folder(name))
        except tools.Unavailable as why:
            self.skipTest(f"skipped: {why}")
        done = subprocess.run([sys.executable, *command], cwd=tools.ROOT, env=env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_sam_accepts_it(self):
        self.linted("sam", "-m", "samcli", "validate", "--lint")

    def test_cfn_lint_finds_nothing(self):
        self.linted("sam", "-c", "from cfnlint.runner import main; main()", "template.yaml")

    def test_checkov_finds_nothing_that_has_no_reason_beside_it(self):
        found = self.linted("checks", "-m", "checkov.main", "--file", "template.yaml", "--framework", "cloudformation", "--compact", "--quiet", "--skip-download")
        self.assertIn("Failed checks: 0", found)

    def test_every_mapping_of_a_queue_reports_single_failures(self):
        # Where it is missing, Lambda ignores what the function gives back, and deletes it.
        resources = self.parsed()["Resources"]
        mappings = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::EventSourceMapping"]
        self.assertEqual(len(mappings), 3)
        for mapping in mappings:
            self.assertEqual((mapping["FunctionResponseTypes"], mapping["BatchSize"]), (["ReportBatchItemFailures"], 10))

    def test_queues_hide_a_batch_six_times_as_long_as_the_function_may_take(self):
        template = self.parsed()
        visibility = {int(timeout): hidden["Seconds"] for timeout, hidden in template["Mappings"]["Visibility"].items()}
        self.assertEqual(visibility, {timeout: 6 * timeout for timeout in template["Parameters"]["DeliverTimeout"]["AllowedValues"]})
        resources = template["Resources"]
        self.assertEqual(resources["DeliverFunction"]["Properties"]["Timeout"], {"Ref": "DeliverTimeout"})
        queues = {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::SQS::Queue"}
        self.assertEqual(len(queues), 6)
        for name, queue in queues.items():
            if "RedrivePolicy" in queue:
                self.assertEqual(queue["VisibilityTimeout"], {"Fn::FindInMap": ["Visibility", {"Ref": "DeliverTimeout"}, "Seconds"]}, name)
                self.assertEqual(queue["RedrivePolicy"]["maxReceiveCount"], 1000, name)
            self.assertEqual(queue["MessageRetentionPeriod"], 14 * 24 * 60 * 60, name)

    def test_each_environment_has_its_configuration_its_stack_and_its_secrets(self):
        environments = tomllib.loads((tools.ROOT / "samconfig.toml").read_text())
        stacks = set()
        for name in ("dev", "stage", "prod"):
            deploy = environments[name]["deploy"]["parameters"]
            stacks.add(environments[name]["global"]["parameters"]["stack_name"])
            told = dict(one.split("=", 1) for one in deploy["parameter_overrides"])
            config = tomllib.loads((tools.ROOT / "config" / told["ConfigPath"].removeprefix("/opt/orderbridge/")).read_text())
            secrets = [one["secret"] for one in [*config["stores"].values(), *config["destinations"].values()]]
            self.assertTrue(all(secret.startswith(f"{told['SecretPrefix']}/") for secret in secrets), (name, secrets))
            self.assertEqual(deploy["template_file"], ".aws-sam/build/template.yaml")
            self.assertIn(told["SecretPrefix"], environments[name]["global"]["parameters"]["stack_name"])
        self.assertEqual(len(stacks), 3)

    def test_the_policies_for_people_are_json_and_name_rights_that_there_are(self):
        for name in ("operator", "deployer"):
            policy = json.loads((tools.ROOT / "config" / "policies" / f"{name}.json").read_text())
            for statement in policy["Statement"]:
                for action in statement["Action"]:
                    self.assertRegex(action, r"^[a-z0-9]+:([A-Z][A-Za-z]*[*]?|[*])$", name)
                self.assertEqual(statement["Effect"], "Allow")

    def test_what_holds_orders_outlives_the_stack(self):
        for name, one in self.parsed()["Resources"].items():
            if one["Type"] in ("AWS::SQS::Queue", "AWS::DynamoDB::Table"):
                self.assertEqual((one.get("DeletionPolicy"), one.get("UpdateReplacePolicy")), ("RetainExceptOnCreate", "Retain"), name)

    def test_the_dashboard_is_json_and_shows_metrics(self):
        body = self.parsed()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        widgets = json.loads(re.sub(r"\$\{[^}]+\}", "x", body))["widgets"]
        self.assertEqual(len(widgets), 9)
        for widget in widgets:
            self.assertTrue(widget["properties"]["metrics"], widget)

    def parsed(self):
        try:
            sys.path.append(str(tools.folder("sam")))
        except tools.Unavailable as why:
            self.skipTest(f"skipped: {why}")
        from samcli.yamlhelper import yaml_parse

        return yaml_parse((tools.ROOT / "template.yaml").read_text())


if __name__ == "__main__":
    unittest.main()
