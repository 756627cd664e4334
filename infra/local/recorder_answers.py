"""Orders to answer a function's calls of SES and SNS otherwise, so that tests see what becomes of them.

`POST /_carillon/answers` takes `{"service": "ses", "operation": "SendEmail", "contains": TEXT, "times": N, "delay_ms": N}` with one
of these, and answers `{"id"}`; `DELETE /_carillon/answers/ID` takes it back:

    "status": 429, "code": "TooManyRequestsException", "message": TEXT    an error, in the service's own form
    "fault": "hang"     no answer, until whoever asked has had enough
    "fault": "reset"    the connection ends amid the answer; the service has not seen the request
    "fault": "lost"     the same, but the service has done what was asked
    "opted_out": true   of CheckIfPhoneNumberIsOptedOut

The first order that fits and has times left holds. `contains` is looked for in the parameters, and in a mail itself.
"""

import asyncio
import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from recorder_calls import kept, text_of
from recorder_requests import Call

PATH = "/_carillon/answers"
FAULTS = ("hang", "reset", "lost")
SNS = "http://sns.amazonaws.com/doc/2010-03-31/"


@dataclass
class Answer:
    """An order."""

    service: str
    operation: str = ""
    contains: str = ""
    times: int | None = None
    status: int | None = None
    code: str = "InternalFailure"
    message: str = "ordered by a test"
    delay_ms: int = 0
    fault: str | None = None
    opted_out: bool = False
    id: int = 0

    def __post_init__(self):
        if self.service not in ("ses", "sns") or self.fault not in (None, *FAULTS):
            raise ValueError("service is ses or sns, fault " + ", ".join(FAULTS))

    def instead(self) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """Status, headers and body that are answered instead of the service's."""
        if self.opted_out:
            name = "CheckIfPhoneNumberIsOptedOut"
            body = f'<{name}Response xmlns="{SNS}"><{name}Result><isOptedOut>true</isOptedOut></{name}Result></{name}Response>'
            return _answer(200, "text/xml", body)
        if self.status is None:
            return None
        if self.service == "ses":
            status, headers, body = _answer(self.status, "application/json", json.dumps({"message": self.message}))
            return status, [*headers, (b"x-amzn-errortype", self.code.encode())], body
        side = "Sender" if self.status < 500 else "Receiver"
        body = (f'<ErrorResponse xmlns="{SNS}"><Error><Type>{side}</Type><Code>{escape(self.code)}</Code>'
                f"<Message>{escape(self.message)}</Message></Error><RequestId>ordered</RequestId></ErrorResponse>")
        return _answer(self.status, "text/xml", body)


def _answer(status: int, kind: str, body: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    return status, [(b"content-type", kind.encode()), (b"content-length", str(len(body.encode())).encode())], body.encode()


class Answers:
    """All orders."""

    def __init__(self):
        self.orders: list[Answer] = []
        self.last = 0

    def add(self, body: bytes) -> int:
        """Takes an order; its number."""
        order = Answer(**{**json.loads(body), "id": self.last + 1})
        self.last = order.id
        self.orders.append(order)
        return order.id

    def withdraw(self, number: int) -> None:
        """Takes an order back; it may have been used up."""
        self.orders = [order for order in self.orders if order.id != number]

    def take(self, call: Call) -> Answer | None:
        """The order that holds for this call, if any."""
        service = kept(call)
        if not service or not self.orders:
            return None
        text = text_of(call)
        for order in self.orders:
            if order.service == service and order.operation in ("", call.operation) and order.contains in text:
                if order.times is not None:
                    order.times -= 1
                    if order.times < 1:
                        self.withdraw(order.id)
                return order
        return None


async def carry_out(order: Answer, proceed, receive, send, heard_by) -> None:
    """Answers as ordered. `proceed(send)` has the service answer, what goes through `heard_by(send)` is recorded."""
    await asyncio.sleep(order.delay_ms / 1000)
    if order.fault == "hang":
        while (await receive())["type"] != "http.disconnect":
            pass
    elif order.fault == "lost":
        async def nowhere(message):
            pass

        await proceed(heard_by(nowhere))
        await _break(send)
    elif order.fault == "reset":
        await _break(send)
    elif instead := order.instead():
        status, headers, body = instead
        tell = heard_by(send)
        await tell({"type": "http.response.start", "status": status, "headers": headers})
        await tell({"type": "http.response.body", "body": body})
    else:
        await proceed(heard_by(send))


async def _break(send) -> None:
    """Less than was promised, after which the server can but close the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
