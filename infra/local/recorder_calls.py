"""What functions asked SES and SNS to send: tests read their mails and text messages here.

`GET /_carillon/calls?service=ses|sns&operation=SendEmail|Publish&contains=TEXT&after=N&wait=SECONDS` answers
`{"calls": [{n, service, operation, function, parameters, status, message_id}], "last": N}`, with `wait` as soon as there is
something. A call is there before it is answered: until then, and where it never is, its `status` is null.
"""

import base64
import contextlib
import json
import re

from recorder_log import Log
from recorder_requests import Call

PATH = "/_carillon/calls"
# The name that tests know a service by, and its operations.
KEPT = {"sesv2": ("ses", {"SendEmail"}), "sns": ("sns", {"Publish", "CheckIfPhoneNumberIsOptedOut"})}
MESSAGE_ID = re.compile(rb'MessageId(?:>|"\s*:\s*")([^<"]+)')


def kept(call: Call) -> str:
    """The service's short name, or nothing where the call is none of these."""
    name, operations = KEPT.get(call.service, ("", set()))
    return name if call.operation in operations else ""


def text_of(call: Call) -> str:
    """What a call says, for whoever looks for something in it; of a mail also what is within its base64."""
    text = json.dumps(call.parameters, ensure_ascii=False)
    with contextlib.suppress(ValueError, KeyError, TypeError):  # no mail, or one that is a violation already
        text += base64.b64decode(call.parameters["Content"]["Raw"]["Data"]).decode("utf-8", "replace")
    return text


class Calls:
    """The latest, in the order in which they came."""

    def __init__(self):
        self.log = Log()

    def asked(self, function: str, call: Call) -> dict | None:
        """Keeps a call that is to be kept."""
        service = kept(call)
        if not service:
            return None
        text = text_of(call)
        entry = {"service": service, "operation": call.operation, "function": function, "parameters": call.parameters,
                 "status": None, "message_id": None, "text": text}
        return self.log.push(entry, 2 * len(text))

    def answered(self, entry: dict | None, status: int, body: bytes) -> None:
        """Notes how it went."""
        if entry is not None:
            found = MESSAGE_ID.search(body) if status == 200 else None
            entry["status"], entry["message_id"] = status, found[1].decode() if found else None

    def entries(self) -> list[dict]:
        """All that are kept, the oldest first."""
        return [entry for _, entry in self.log.entries]

    async def answer(self, query: str) -> dict:
        """For a GET."""
        def fits(entry: dict, asked: dict[str, str]) -> bool:
            return (all(asked.get(name, entry[name]) == entry[name] for name in ("service", "operation"))
                    and asked.get("contains", "") in entry["text"])

        found = await self.log.answer("calls", query, fits)
        calls = ({name: value for name, value in entry.items() if name != "text"} for entry in found["calls"])
        return {**found, "calls": list(calls)}
