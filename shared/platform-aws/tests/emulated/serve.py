"""An emulator of SQS, DynamoDB, S3 and Secrets Manager for one test program, on a free port of 127.0.0.1, which is the first line it prints.

It has doors of its own. /test/pass?seconds=N moves its clock on, so that a test need not wait out a deduplication window. /test/calls tells, and forgets, which operations
were called how often. /test/calm forgets the faults that have not struck. /test/fault?operation=NAME&kind=KIND&times=N makes the next N calls of an operation fail:
    lose      it is done, but the answer is an error of the server
    refuse    it is not done, for want of rights
    throttle  it is not done, because there are too many
    leave_out it is answered as done, but for all of its entries
It ends when its standard input does: with the program that started it, however that ends.
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


faults = []


async def app(scope, receive, send):
    if scope["type"] != "http":
        return await ministack.app.app(scope, receive, send)
    own = door(scope)
    if own is not None:
        return await answer(send, 200, own)
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode()
    # S3 has no such header: an operation on an object is its method.
    operation = target.rpartition(".")[2] or f"{scope['method'].title()}Object"
    calls[operation] += 1
    fault = next((fault for fault in faults if fault[0] == operation), None)
    if fault is None:
        return await ministack.app.app(scope, receive, send)
    faults.remove(fault)
    if fault[1] == "throttle":
        return await answer(send, 400, {"__type": "ThrottlingException", "message": "slow down"})
    if fault[1] == "lose":
        await ministack.app.app(scope, receive, ignore)
        return await answer(send, 500, {"__type": "InternalServerError"})
    if fault[1] == "refuse":
        message = "not authorized to perform " + operation
        return await answer(send, 400, {"__type": "AccessDeniedException", "message": message})
    return await answer(send, 200, left_out(await body(receive)))


async def ignore(event):
    pass


async def body(receive):
    text, more = b"", True
    while more:
        event = await receive()
        text, more = text + event.get("body", b""), event.get("more_body", False)
    return json.loads(text)


def left_out(request):
    if "RequestItems" in request:
        return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
    refused = {"Code": "InternalError", "SenderFault": False}
    return {"Successful": [], "Failed": [{"Id": entry["Id"], **refused} for entry in request["Entries"]]}


async def answer(send, status, told):
    text = json.dumps(told, sort_keys=True).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.0"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def door(scope):
    global passed
    asked = dict(urllib.parse.parse_qsl(scope["query_string"].decode()))
    if scope["path"] == "/test/pass":
        passed += float(asked["seconds"])
        return {}
    if scope["path"] == "/test/calls":
        told = dict(calls)
        calls.clear()
        return told
    if scope["path"] == "/test/fault":
        faults.extend([(asked["operation"], asked["kind"])] * int(asked["times"]))
        return {}
    if scope["path"] == "/test/calm":
        faults.clear()
        return {}
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
