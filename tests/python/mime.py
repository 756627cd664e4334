"""What a mail program makes of a mail: Python's own parser, of which not a line is Carillon's.

    mime.py read   < [base64 of a mail, …]   > [{"headers", "text", "html", "parts", "defects", "longest_line"}, …]

`headers` are [name, value] as they are shown, folded and encoded words undone; `parts` the content types, in order, with their
transfer encoding; `defects` whatever the parser did not find as it should be.
"""

import base64
import json
import sys
from email import message_from_bytes, policy


def body(mail, kind: str) -> str | None:
    """The text that somebody reads who prefers this kind."""
    part = mail.get_body((kind,))
    return None if part is None else part.get_content().replace("\r\n", "\n")


def read(raw: bytes) -> dict:
    """One mail."""
    mail = message_from_bytes(raw, policy=policy.default)
    defects = [type(defect).__name__ for part in mail.walk() for defect in part.defects]
    defects += [f"{name}: {type(defect).__name__}" for name, value in mail.items() for defect in value.defects]
    return {
        "headers": [[name, str(value)] for name, value in mail.items()],
        "text": body(mail, "plain"),
        "html": body(mail, "html"),
        "parts": [[part.get_content_type(), str(part.get("content-transfer-encoding", ""))] for part in mail.walk()],
        "defects": defects,
        "longest_line": max(map(len, raw.split(b"\r\n"))),
    }


if __name__ == "__main__":
    if sys.argv[1:] != ["read"]:
        sys.exit(__doc__)
    json.dump([read(base64.b64decode(mail)) for mail in json.load(sys.stdin)], sys.stdout)
