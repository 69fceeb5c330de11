"""The SAM CLI, cargo-lambda, the linters and the emulator of AWS, installed once into target/tools from a package index, in the versions that sam.txt and checks.txt name."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import packages
from packages import ROOT, TOOLS, Unavailable


@functools.cache
def folder(name):
    """Where the packages of NAME.txt are."""
    return packages.folder(HERE / f"{name}.txt", f"aws-{name}")


@functools.cache
def emulator():
    """Where the emulator of AWS is."""
    done = subprocess.run([str(ROOT / "shared/platform-aws/tests/emulated/install.sh"), str(TOOLS)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(f"the emulator of AWS cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return Path(done.stdout.strip())


def environment(*folders, **more):
    """The environment of a tool: its packages, its programs first, and none of this machine's own AWS accounts."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    path = [str(place / "bin") for place in folders]
    return {**own, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PATH": os.pathsep.join([*path, os.environ["PATH"]]),
            "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", **more}


def sam(*arguments, **options):
    """Runs the SAM CLI, in the project's folder unless another one is named."""
    env = {**environment(folder("sam")), **options.pop("env", {})}
    return subprocess.run([sys.executable, "-m", "samcli", *arguments], env=env, text=True, **{"cwd": ROOT, **options})


def sam_sees(template, file=None):
    """What the SAM CLI makes of a template, and of a file of variables, where it runs functions on this machine; see sam_sees.py."""
    command = [sys.executable, "-W", "ignore", str(HERE / "sam_sees.py"), str(template), *([str(file)] if file else [])]
    done = subprocess.run(command, env=environment(folder("sam")), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
