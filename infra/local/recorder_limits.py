"""Limits of SQS, Scheduler and WebSocket connections that their models do not say (SES and SNS: recorder_senders.py).

They are checked on requests that fit the model, so that what a model requires is there.
"""

import datetime
import functools
import re
import zoneinfo
from collections.abc import Iterator

import recorder_senders
from recorder_models import Problem
from recorder_senders import message_size

KIB = 1024
ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:.+")


def check(service: str, operation: str, parameters: dict) -> list[Problem]:
    """What the service has against a request that fits its model."""
    rules = _RULES.get((service, operation))
    return list(rules(parameters)) if rules else []


# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html

SQS_SIZE = 1024 * KIB
SQS_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
SQS_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MOST_DELAY, MOST_HIDDEN, MOST_WAIT = 900, 43_200, 20


def _message(entry: dict, at: str = "") -> Iterator[Problem]:
    if not entry["MessageBody"] or SQS_FORBIDDEN.search(entry["MessageBody"]):
        yield f"{at}MessageBody", "is empty or has a character that SQS does not take"
    if not 0 <= entry.get("DelaySeconds", 0) <= MOST_DELAY:
        yield f"{at}DelaySeconds", f"is not 0 to {MOST_DELAY}"
    if len(entry.get("MessageAttributes", {})) > 10:
        yield f"{at}MessageAttributes", "are more than 10"


def _send(parameters: dict) -> Iterator[Problem]:
    yield from _message(parameters)
    yield from _fifo(parameters["QueueUrl"], parameters)
    if message_size(parameters["MessageBody"], parameters.get("MessageAttributes", {})) > SQS_SIZE:
        yield "MessageBody", f"is more than {SQS_SIZE} bytes with its attributes"


def _fifo(queue: str, entry: dict, at: str = "") -> Iterator[Problem]:
    if queue.endswith(".fifo") and "MessageGroupId" not in entry:
        yield f"{at}MessageGroupId", "is required by a FIFO queue"
    if queue.endswith(".fifo") and entry.get("DelaySeconds"):
        yield f"{at}DelaySeconds", "cannot be set on a FIFO queue's message"


def _entries(parameters: dict) -> Iterator[Problem]:
    ids = [entry["Id"] for entry in parameters["Entries"]]
    if not 1 <= len(ids) <= 10:
        yield "Entries", f"are {len(ids)}, not 1 to 10"
    if len(set(ids)) < len(ids):
        yield "Entries[].Id", "is not distinct"
    if not all(map(SQS_ID.fullmatch, ids)):
        yield "Entries[].Id", "is not 1 to 80 letters, digits, '_' or '-'"


def _send_batch(parameters: dict) -> Iterator[Problem]:
    yield from _entries(parameters)
    for entry in parameters["Entries"]:
        yield from _message(entry, "Entries[].")
        yield from _fifo(parameters["QueueUrl"], entry, "Entries[].")
    sizes = (message_size(entry["MessageBody"], entry.get("MessageAttributes", {})) for entry in parameters["Entries"])
    if sum(sizes) > SQS_SIZE:
        yield "Entries", f"are more than {SQS_SIZE} bytes together"


def _hide(entry: dict, at: str = "") -> Iterator[Problem]:
    if not 0 <= entry.get("VisibilityTimeout", 0) <= MOST_HIDDEN:
        yield f"{at}VisibilityTimeout", f"is not 0 to {MOST_HIDDEN}"


def _hide_batch(parameters: dict) -> Iterator[Problem]:
    yield from _entries(parameters)
    for entry in parameters["Entries"]:
        yield from _hide(entry, "Entries[].")


def _receive(parameters: dict) -> Iterator[Problem]:
    yield from _hide(parameters)
    if not 1 <= parameters.get("MaxNumberOfMessages", 1) <= 10:
        yield "MaxNumberOfMessages", "is not 1 to 10"
    if not 0 <= parameters.get("WaitTimeSeconds", 0) <= MOST_WAIT:
        yield "WaitTimeSeconds", f"is not 0 to {MOST_WAIT}"


# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

RATE = re.compile(r"rate\(([1-9]\d*) (minutes?|hours?|days?)\)")
CRON = re.compile(r"cron\(([^()]+)\)")
CRON_FIELD = re.compile(r"[0-9A-Z*?,/#LW-]+")
INPUT = 256 * KIB


@functools.lru_cache(maxsize=1024)
def _zone(name: str) -> bool:
    try:
        return bool(zoneinfo.ZoneInfo(name))
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        # A machine without any time zones cannot tell.
        return not zoneinfo.available_timezones()


def _when(expression: str) -> bool:
    if expression.startswith("at("):
        try:
            time = datetime.datetime.strptime(expression, "at(%Y-%m-%dT%H:%M:%S)")
        except ValueError:
            return False
        return f"{time:at(%Y-%m-%dT%H:%M:%S)}" == expression  # two digits each, four of the year
    cron = CRON.fullmatch(expression)
    if not cron:
        return bool(RATE.fullmatch(expression))
    fields = cron[1].split(" ")
    # One of the day of the month and the day of the week must be left open.
    return len(fields) == 6 and all(map(CRON_FIELD.fullmatch, fields)) and (fields[2] == "?") != (fields[4] == "?")


def _schedule(parameters: dict) -> Iterator[Problem]:
    target, window = parameters["Target"], parameters["FlexibleTimeWindow"]
    if not _when(parameters["ScheduleExpression"]):
        yield "ScheduleExpression", "is no at(yyyy-mm-ddThh:mm:ss), rate(n unit) or cron(six fields)"
    if not _zone(parameters.get("ScheduleExpressionTimezone", "UTC")):
        yield "ScheduleExpressionTimezone", "is no IANA time zone"
    for member, about in (("Target", target), ("Target.DeadLetterConfig", target.get("DeadLetterConfig", {}))):
        if "Arn" in about and not ARN.fullmatch(about["Arn"]):
            yield f"{member}.Arn", "is no ARN"
    if len(target.get("Input", "").encode()) > INPUT:
        yield "Target.Input", f"is more than {INPUT} bytes"
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        yield "FlexibleTimeWindow.MaximumWindowInMinutes", "goes with FLEXIBLE, and only with it"


# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html

POST = 128 * KIB


def _post(parameters: dict) -> Iterator[Problem]:
    if len(parameters["Data"]) > POST:
        yield "Data", f"is more than {POST} bytes"


_RULES = {
    ("sqs", "SendMessage"): _send, ("sqs", "SendMessageBatch"): _send_batch, ("sqs", "ReceiveMessage"): _receive,
    ("sqs", "DeleteMessageBatch"): _entries, ("sqs", "ChangeMessageVisibility"): _hide,
    ("sqs", "ChangeMessageVisibilityBatch"): _hide_batch,
    ("scheduler", "CreateSchedule"): _schedule, ("scheduler", "UpdateSchedule"): _schedule,
    ("apigatewaymanagementapi", "PostToConnection"): _post,
    ("sesv2", "SendEmail"): recorder_senders.email, ("sns", "Publish"): recorder_senders.publish,
}
