"""What functions handed to the channels' senders, so that tests can read it though the senders take it from the queues.

`GET /_carillon/sent?queue=push&contains=TEXT&after=N&wait=SECONDS` answers `{"messages": [{n, queue, function, delay, body}],
"last": N}`, with `wait` as soon as there is something. What a schedule sends does not come by here.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Iterator
from urllib.parse import parse_qs

from recorder_requests import Call

PATH = "/_carillon/sent"
QUEUES = ("push", "email", "sms", "webhook")
MOST = 20_000
MOST_BYTES = 64 * 1024 * 1024
MOST_WAIT = 60


class Sent:
    """The latest messages, in the order in which they were taken."""

    def __init__(self):
        self.messages: deque[dict] = deque()
        self.bytes = 0
        self.last = 0
        self.news = asyncio.Event()

    def note(self, function: str, call: Call, status: int, answer: bytes) -> None:
        """Keeps what SQS took, before the function learns that it did."""
        if call.service != "sqs" or call.operation not in ("SendMessage", "SendMessageBatch") or status != 200:
            return
        queue = str(call.parameters.get("QueueUrl", "")).rpartition("/")[2].rpartition("-")[2]
        if queue not in QUEUES:
            return
        entries, failed = call.parameters.get("Entries", [call.parameters]), set()
        if "Entries" in call.parameters:
            with contextlib.suppress(ValueError):
                failed = {entry["Id"] for entry in json.loads(answer).get("Failed", [])}
        for entry in entries:
            if entry.get("Id") not in failed:
                self._push(queue, function, entry.get("DelaySeconds", 0), entry["MessageBody"])

    def _push(self, queue: str, function: str, delay: int, body: str) -> None:
        self.last += 1
        self.messages.append({"n": self.last, "queue": queue, "function": function, "delay": delay, "body": body})
        self.bytes += len(body)
        while len(self.messages) > MOST or self.bytes > MOST_BYTES:
            self.bytes -= len(self.messages.popleft()["body"])
        self.news.set()
        self.news = asyncio.Event()

    def _since(self, after: int, queue: str, text: str) -> Iterator[dict]:
        first = self.messages[0]["n"] if self.messages else 1
        for index in range(max(after + 1 - first, 0), len(self.messages)):
            message = self.messages[index]
            if message["queue"] == queue and text in message["body"]:
                yield message

    async def answer(self, query: str) -> dict:
        """For a GET."""
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        queue, text = asked.get("queue", ""), asked.get("contains", "")
        after, wait = int(asked.get("after", 0)), min(float(asked.get("wait", 0)), MOST_WAIT)
        found = list(self._since(after, queue, text))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while not found:
                    seen, news = self.last, self.news
                    await news.wait()
                    found = list(self._since(max(after, seen), queue, text))
        return {"messages": found, "last": self.last}
