"""What functions handed to the channels' senders, so that tests can read it though the senders take it from the queues.

`GET /_carillon/sent?queue=push&contains=TEXT&after=N&wait=SECONDS` answers `{"messages": [{n, queue, function, delay, body}],
"last": N}`, with `wait` as soon as there is something. What a schedule sends does not come by here.
"""

import contextlib
import json

from recorder_log import Log
from recorder_requests import Call

PATH = "/_carillon/sent"
QUEUES = ("push", "email", "sms", "webhook")


class Sent:
    """The latest messages, in the order in which they were taken."""

    def __init__(self):
        self.log = Log()

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
                delay, body = entry.get("DelaySeconds", 0), entry["MessageBody"]
                self.log.push({"queue": queue, "function": function, "delay": delay, "body": body}, len(body))

    async def answer(self, query: str) -> dict:
        """For a GET."""
        return await self.log.answer("messages", query, lambda message, asked:
                                     message["queue"] == asked.get("queue", "") and asked.get("contains", "") in message["body"])
