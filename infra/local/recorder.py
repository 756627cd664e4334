"""Stands in front of the local cloud: counts what every function asks of AWS, and checks whether AWS would take it.

A function's request is known by the `app/<function>` that its SDK puts into the User-Agent; whatever else comes (the
tests' own clients, deploy.py, browsers) passes unseen. `GET /_carillon/recorder` tells what was recorded, `DELETE` starts
anew. Nothing that a request carries is written anywhere, only names, numbers, and which rule was broken; and nothing is kept
but, in memory, the latest messages to the channels' senders (recorder_sent.py) and what those asked SES and SNS to send
(recorder_calls.py), whose answers a test may order (recorder_answers.py).
"""

import contextlib
import contextvars
import json
import os
import re
import sys
from collections import defaultdict

import recorder_answers
import recorder_calls
import recorder_dynamodb
import recorder_limits
import recorder_models
import recorder_pages
import recorder_sent
from patches import original
from recorder_requests import Call, Request, read

APP = re.compile(r"(?:^|\s)app/([^\s/]+)")
MOST_VIOLATIONS = 500  # a bug that breaks a rule in ever new ways must not fill the memory
ACCOUNT = "000000000000"
METER = "ReturnConsumedCapacity"


class Recorder:
    """What was asked for since the start, or since the last DELETE."""

    def __init__(self, keys: recorder_dynamodb.Keys):
        self.keys = keys
        self.sent = recorder_sent.Sent()
        self.calls = recorder_calls.Calls()
        self.answers = recorder_answers.Answers()
        self.reset()

    def reset(self) -> None:
        """Starts anew."""
        self.functions = defaultdict(lambda: defaultdict(
            lambda: {"requests": 0, "errors": 0, "read_units": 0.0, "write_units": 0.0}))
        self.violations: dict[tuple[str, str, str, str], int] = {}

    def report(self) -> dict:
        """As `GET` answers it."""
        names = ("function", "operation", "member", "detail", "count")
        return {"functions": self.functions,
                "violations": [dict(zip(names, (*key, count))) for key, count in sorted(self.violations.items())]}

    def asked(self, function: str, request: Request) -> Call:
        """Counts and checks a request before the local cloud sees it."""
        try:
            call = read(request)
            problems = call.problems or self._problems(call)
        except Exception as error:  # a request must get through, and what the recorder cannot read must not go unseen
            call, problems = Call("unreadable"), [("-", f"made the recorder fail: {type(error).__name__}")]
        operation = f"{call.service}.{call.operation}"
        self.functions[function][operation]["requests"] += 1
        for member, detail in problems:
            self._violated(function, operation, member, detail)
        return call

    def _problems(self, call: Call) -> list[recorder_models.Problem]:
        problems = recorder_models.check(call.service, call.operation, call.parameters)
        if problems:
            return problems  # the limits are checked of what has the model's form
        if call.service == "dynamodb":
            return recorder_dynamodb.check(call.operation, call.parameters, self.keys)
        return recorder_limits.check(call.service, call.operation, call.parameters)

    def _violated(self, *what: str) -> None:
        if what not in self.violations:
            if len(self.violations) >= MOST_VIOLATIONS:
                return
            print("recorder|{}|{}: {} {}".format(*what), file=sys.stderr, flush=True)
        self.violations[what] = self.violations.get(what, 0) + 1

    def answered(self, function: str, call: Call, status: int, body: bytes) -> None:
        """Counts how it went, before the function learns of it."""
        tally = self.functions[function][f"{call.service}.{call.operation}"]
        tally["errors"] += status >= 400
        self.sent.note(function, call, status, body)
        if call.service != "dynamodb" or call.operation == "?":
            return
        with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
            answer = json.loads(body)
            if status < 400:
                reads, writes = recorder_dynamodb.units(call.operation, call.parameters, answer)
                tally["read_units"] += reads
                tally["write_units"] += writes
            else:
                code = answer["__type"].rpartition("#")[2]
                tally["write_units"] += recorder_dynamodb.refused_units(call.parameters, code)


def in_front_of(app, recorder: Recorder, metered: contextvars.ContextVar):
    """The ASGI application with the recorder before it."""

    async def recorded(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        if scope["path"].startswith(recorder_pages.PREFIX):
            return await recorder_pages.answer(recorder, scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        # Rust's SDK says the short form in one and all of it in the other.
        found = APP.search(headers.get("x-amz-user-agent", "")) or APP.search(headers.get("user-agent", ""))
        if not found:
            return await app(scope, receive, send)
        function, body, rest = recorder_models.safe(found[1]), bytearray(), True
        messages = []

        async def again():
            return messages.pop(0) if messages else await receive()

        while rest:
            message = await receive()
            messages.append(message)
            if message["type"] == "http.disconnect":
                return await app(scope, again, send)  # half a request, of a function that was killed
            body += message.get("body", b"")
            rest = message.get("more_body", False)
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        request = Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers, bytes(body))
        call = recorder.asked(function, request)
        metered.set(call.service == "dynamodb" and call.operation != "?" and METER not in call.parameters
                    and recorder_models.takes(call.service, call.operation, METER))
        kept, order = recorder.calls.asked(function, call), recorder.answers.take(call)

        def heard_by(send):
            status, answer = 0, bytearray()

            async def heard(message):
                nonlocal status
                status = message.get("status", status)
                answer.extend(message.get("body", b""))
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    recorder.answered(function, call, status, bytes(answer))
                    recorder.calls.answered(kept, status, bytes(answer))
                await send(message)

            return heard

        async def proceed(send):
            await app(scope, again, send)

        if order is None:
            return await proceed(heard_by(send))
        await recorder_answers.carry_out(order, proceed, again, send, heard_by)

    return recorded


def install() -> None:
    """Puts it before ministack, once `patches.apply` has run."""
    tables, _ = original("ministack.services.dynamodb", "_tables")
    answer, replace_answer = original("ministack.services.dynamodb", "handle_request", "method", "path", "headers", "body")
    app, replace_app = original("ministack.app", "app", "scope", "receive", "send")
    metered = contextvars.ContextVar("metered", default=False)

    async def with_capacity(method, path, headers, body, query_params):
        # Here, and not in the request as it comes: that one's signature is checked on the way.
        if metered.get() and body.startswith(b"{"):
            body = b'{"%s":"TOTAL",' % METER.encode() + body[1:]
        return await answer(method, path, headers, body, query_params)

    def keys(table: str) -> tuple[list[str], list[str]]:
        about = tables.get_scoped(ACCOUNT, os.environ["AWS_DEFAULT_REGION"], table) or {}
        schemas = [about.get("KeySchema", [])]
        schemas += [index.get("KeySchema", []) for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
                    for index in about.get(kind) or []]
        own, *others = ([key["AttributeName"] for key in sorted(schema, key=lambda key: key["KeyType"])]  # HASH, RANGE
                        for schema in schemas)
        return own, [name for each in others for name in each if name not in own]

    replace_answer(with_capacity)
    replace_app(in_front_of(app, Recorder(keys), metered))
