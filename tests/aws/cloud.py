"""An emulated AWS account of its own for one test program: IAM is enforced, functions run as processes of this machine, everything is reached on one port of 127.0.0.1."""

import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import tools
from harness import call, until

REGION = "us-east-1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cloud:
    """The account, from its making until `stop`."""

    def __init__(self, address="127.0.0.1", port=None, auth="true"):
        self.folder = Path(tempfile.mkdtemp(prefix="orderbridge-aws-"))
        self.log = open(self.folder / "log", "wb")
        port = port or free_port()
        self.url = f"http://{address}:{port}"
        self.access = {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        emulator = tools.environment(tools.emulator(), tools.folder("sam"), **self.access, GATEWAY_PORT=str(port), BIND_HOST=address,
                                     IOT_MTLS_ENABLED="0", AUTH=auth, LOG_LEVEL="WARNING", TMPDIR=str(self.folder))
        self.process = subprocess.Popen([sys.executable, str(tools.HERE / "account.py")], env=emulator, stdin=subprocess.PIPE, stdout=self.log, stderr=self.log)
        until(self.answers, lambda: f"the emulator answers\n{self.logs()}", timeout=60)

    def answers(self):
        assert self.process.poll() is None, self.logs()
        try:
            return call(f"{self.url}/_ministack/health")[0] == 200
        except OSError:
            return False

    def stop(self):
        # What runs functions in it ends with it.
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self):
        return (self.folder / "log").read_text(errors="replace")[-8000:]

    def client(self, service):
        """A client of the AWS SDK for Python, which comes with the SAM CLI."""
        if str(tools.folder("sam")) not in sys.path:
            sys.path.append(str(tools.folder("sam")))
        import boto3

        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")

    def stack(self, name):
        """The outputs of a stack."""
        told = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in told["Outputs"]}

    def function_log(self, name, since=0):
        """What a function has logged, line by line."""
        logs = self.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}", startTime=int(since * 1000))
            return [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []
