"""What ministack's SES and SNS do otherwise than AWS."""

import base64
import json
import logging
from email import message_from_bytes
from email.utils import parseaddr
from urllib.parse import parse_qs

SEND = "/v2/email/outbound-emails"
CHECK = "CheckIfPhoneNumberIsOptedOut"


def _sender(body: bytes) -> str:
    """Whom a mail is from: a parameter, else the raw mail's own header."""
    try:
        asked = json.loads(body)
        return asked.get("FromEmailAddress") or message_from_bytes(base64.b64decode(asked["Content"]["Raw"]["Data"]))["from"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return ""


def check_who_may_send(original) -> None:
    """SendEmail is allowed on the identity it sends as, and on the configuration set it names; ministack asks for `*`.

    One of the two fits where it asks, so the identity. Which of address and domain is verified is not looked up: policies of
    ours name neither.
    """
    resource, replace = original("ministack.core.iam_actions", "extract_resource_arn", "service", "method", "path", "headers",
                                 "body", "query_params", "region", "account_id")

    def of_email(service, method, path, headers, body, query_params, region, account_id):
        if service == "ses" and path.rstrip("/") == SEND:
            domain = parseaddr(_sender(body) or "")[1].rpartition("@")[2]
            if domain:
                return f"arn:aws:ses:{region}:{account_id}:identity/{domain}"
        return resource(service, method, path, headers, body, query_params, region, account_id)

    replace(of_email)


def know_who_opted_out(original) -> None:
    """ministack has no CheckIfPhoneNumberIsOptedOut. Nobody has opted out; a test orders otherwise (recorder_answers.py)."""
    answer, replace = original("ministack.services.sns", "handle_request", "method", "path", "headers", "body", "query_params")
    xml, _ = original("ministack.services.sns", "_xml", "status", "root_tag", "inner")

    async def with_check(method, path, headers, body, query_params):
        if parse_qs((body or b"").decode("utf-8", "replace")).get("Action") == [CHECK]:
            return xml(200, f"{CHECK}Response", f"<{CHECK}Result><isOptedOut>false</isOptedOut></{CHECK}Result>")
        return await answer(method, path, headers, body, query_params)

    replace(with_check)


def keep_addresses_out_of_the_log() -> None:
    """Both write to whom they send, and what; the recorder's page shows it."""
    for name in ("ses", "ses-v2", "sns"):
        logging.getLogger(name).setLevel(logging.WARNING)


def apply(original) -> None:
    """All of them."""
    check_who_may_send(original)
    know_who_opted_out(original)
    keep_addresses_out_of_the_log()
