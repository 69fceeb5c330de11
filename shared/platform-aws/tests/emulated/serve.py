"""An emulator of SQS, DynamoDB and Secrets Manager for one test program, on a free port of 127.0.0.1, which is the first line it prints.

It has two doors of its own: /test/pass?seconds=N moves its clock on, so that a test need not wait out a deduplication window, and /test/calls tells, and forgets, which
operations were called how often. It ends when its standard input does: with the program that started it, however that ends.
"""

import asyncio
import collections
import json
import os
import socket
import sys
import threading
import time
import urllib.parse

os.environ["IOT_MTLS_ENABLED"] = "0"
os.environ["LOG_LEVEL"] = "ERROR"

machine_time = time.time
passed = 0.0
time.time = lambda: machine_time() + passed

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(("127.0.0.1", 0))
port = listener.getsockname()[1]
os.environ["GATEWAY_PORT"] = str(port)

import hypercorn.asyncio  # noqa: E402
import hypercorn.config  # noqa: E402
import ministack.app  # noqa: E402

calls = collections.Counter()


async def app(scope, receive, send):
    if scope["type"] == "http":
        own = door(scope)
        if own is not None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(own)).encode())]})
            await send({"type": "http.response.body", "body": own})
            return
        for name, value in scope["headers"]:
            if name == b"x-amz-target":
                calls[value.decode().rpartition(".")[2]] += 1
    await ministack.app.app(scope, receive, send)


def door(scope):
    global passed
    if scope["path"] == "/test/pass":
        passed += float(urllib.parse.parse_qs(scope["query_string"].decode())["seconds"][0])
        return b""
    if scope["path"] == "/test/calls":
        told = json.dumps(calls, sort_keys=True).encode()
        calls.clear()
        return told
    return None


def end_with_the_parent():
    sys.stdin.buffer.read()
    os._exit(0)


async def main():
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    config = hypercorn.config.Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "ERROR"
    config.keep_alive_timeout = 75
    # Connections wait in the listener's backlog until the emulator takes them.
    listener.listen(128)
    print(f"http://127.0.0.1:{port}", flush=True)
    await hypercorn.asyncio.serve(app, config)


asyncio.run(main())
