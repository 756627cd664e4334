"""Limits of SES and SNS that their models do not say, checked on requests that fit the model."""

import base64
import json
import re
from collections.abc import Iterator
from email.utils import parseaddr

from recorder_models import Problem

KIB = 1024


def message_size(body: str, attributes: dict) -> int:
    """A message, or what is published: its body and its attributes' names, types and values."""
    texts = (text for name, value in attributes.items() for text in (name, *value.values()) if isinstance(text, str))
    return sum(len(text.encode()) for text in (body, *texts))


# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html and quotas.html of its guide

TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
# Fields that RFC 5322 allows once.
SINGLE = {b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to", b"sender", b"mime-version",
          b"content-type", b"content-transfer-encoding", b"list-unsubscribe", b"list-unsubscribe-post"}
RAW, LINE = 40 * 1000 * 1000, 998


def email(parameters: dict) -> Iterator[Problem]:
    """SendEmail."""
    tags = parameters.get("EmailTags", [])
    for member in ("Name", "Value"):
        if not all(TAG.fullmatch(tag[member]) for tag in tags):
            yield f"EmailTags[].{member}", "is not 1 to 256 letters, digits, '_' or '-'"
    if len(tags) > 50 or len({tag["Name"] for tag in tags}) < len(tags):
        yield "EmailTags", "are more than 50, or two have one name"
    content = parameters["Content"]
    if sum(kind in content for kind in ("Simple", "Raw", "Template")) != 1:
        yield "Content", "is not exactly one of Simple, Raw and Template"
    if "Raw" in content:
        yield from _raw(content["Raw"]["Data"])
    elif not parameters.get("FromEmailAddress"):
        yield "FromEmailAddress", "is required"
    if len(content.get("Simple", {}).get("Headers", [])) > 15:
        yield "Content.Simple.Headers", "are more than 15"
    lists = parameters.get("Destination", {})
    addresses = [address for each in lists.values() for address in each]
    if len(addresses) > 50 or not (addresses or "Raw" in content):
        yield "Destination", "has not 1 to 50 addresses"
    for address in addresses + ([parameters["FromEmailAddress"]] if parameters.get("FromEmailAddress") else []):
        local, _, domain = parseaddr(address)[1].rpartition("@")
        if not (local and domain and local.isascii() and domain.isascii()) or len(address) > 320:
            yield "Destination or FromEmailAddress", "is no address in ASCII of at most 320 characters"


def _raw(data: str) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_RawMessage.html"""
    at, mail = "Content.Raw.Data", base64.b64decode(data)
    if len(data) > RAW:
        yield at, f"is more than {RAW} bytes in base64"
    if any(len(line) > LINE for line in mail.split(b"\r\n")):
        yield at, f"has a line of more than {LINE} characters"
    if not mail.isascii() or b"\0" in mail:
        yield at, "has what is not ASCII, and no encoding over it"
    if re.search(rb"(?<!\r)\n|\r(?!\n)", mail):
        yield at, "has a line that does not end in CR LF"
    header, blank, _ = mail.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in header.split(b"\r\n") if line[:1] not in b" \t"]
    if not blank or names.count(b"from") != 1 or len(set(names) & SINGLE) < sum(name in SINGLE for name in names):
        yield at, "is not a header and a body with a blank line between, one From, and no other field twice that may not"


# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and its guide's page on sending SMS

PUBLISH, SMS = 256 * KIB, 1600
NUMBER, SENDER = re.compile(r"\+[1-9]\d{1,14}"), re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")
SMS_TYPE, SENDER_ID = "AWS.SNS.SMS.SMSType", "AWS.SNS.SMS.SenderID"


def publish(parameters: dict) -> Iterator[Problem]:
    """Publish."""
    message, attributes = parameters["Message"], parameters.get("MessageAttributes", {})
    if sum(name in parameters for name in ("TopicArn", "TargetArn", "PhoneNumber")) != 1:
        yield "PhoneNumber", "TopicArn or TargetArn: not exactly one of the three is there"
    if not message or message_size(message, attributes) > PUBLISH:
        yield "Message", f"is empty or more than {PUBLISH} bytes with its attributes"
    if "PhoneNumber" in parameters:
        if len(message) > SMS:
            yield "Message", f"is more than {SMS} characters, for an SMS"
        if not NUMBER.fullmatch(parameters["PhoneNumber"]):
            yield "PhoneNumber", "is not in the form of E.164"
    if not re.fullmatch(r"[\x20-\x7e]{0,99}", parameters.get("Subject", "")):
        yield "Subject", "is not ASCII, or not under 100 characters"
    for name, rule in ((SMS_TYPE, re.compile("Promotional|Transactional")), (SENDER_ID, SENDER)):
        if name in attributes and not rule.fullmatch(attributes[name].get("StringValue", "")):
            yield f"MessageAttributes.{name}", "is not what SNS takes for it"
    if parameters.get("MessageStructure") == "json":
        try:
            structured = json.loads(message)
        except ValueError:
            structured = None
        if not isinstance(structured, dict) or not isinstance(structured.get("default"), str):
            yield "Message", "is no JSON object with a text `default`, as MessageStructure says"
