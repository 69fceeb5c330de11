"""Builds what is deployed, with `sam build` and for this machine's processor, and the program, with the same compiler, linker, features and flags, so that nothing is compiled
twice. Prints where the program is; nothing where the tools cannot be installed."""

import platform
import shutil
import subprocess
import sys
import time

import tools

TARGET = f"{platform.machine()}-unknown-linux-gnu"
BUILT = tools.ROOT / "target" / "lambda" / "orderbridge"


def architecture():
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def timed(what, run):
    started = time.monotonic()
    run()
    print(f"{what}: {time.monotonic() - started:.0f} s", file=sys.stderr)


def functions():
    tools.sam("build", "--parameter-overrides", f"Architecture={architecture()}", check=True, stdout=sys.stderr)


def program():
    command = ["cargo", "lambda", "build", "--release", "--bin", "orderbridge", "--target", TARGET]
    subprocess.run(command, cwd=tools.ROOT, env=tools.environment(tools.folder("sam")), check=True, stdout=sys.stderr)
    # It is there under the name that Lambda wants of a function.
    shutil.copy2(BUILT / "bootstrap", BUILT / "orderbridge")


def main():
    try:
        timed("sam build", functions)
        timed("the program", program)
    except tools.Unavailable as why:
        print(f"skipped: the deployed form: {why}", file=sys.stderr)
        return
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
    print(BUILT / "orderbridge")


if __name__ == "__main__":
    main()
