"""The mails and text messages of the local run, for a person with a browser.

`GET /_carillon/mails` lists the latest, `GET /_carillon/mails/N` shows the HTML of one as its reader sees it.
"""

import base64
import contextlib
from email import message_from_bytes, policy
from html import escape

PATH = "/_carillon/mails"
MOST = 100
HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width">
<title>Mails and text messages</title>
<style>
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0 1.25rem; padding: .75rem;
  background: color-mix(in srgb, currentColor 7%, transparent) }
h2 { font-size: 1rem; margin: 0 }
</style>
</head>
<body>
<h1>Mails and text messages</h1>
<p>The latest first; <a href="/_carillon/calls">all of it as JSON</a>. Nothing of this left this machine.</p>
"""


def _mail(entry: dict):
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return message_from_bytes(base64.b64decode(entry["parameters"]["Content"]["Raw"]["Data"]), policy=policy.default)
    return None


def _body(mail, kind: str) -> str:
    with contextlib.suppress(AttributeError, LookupError, ValueError):  # no such part, or one that cannot be read
        return mail.get_body((kind,)).get_content()
    return ""


def _entry(entry: dict) -> str:
    parameters, status = entry["parameters"], entry["status"] or "no answer"
    if entry["operation"] == "SendEmail":
        mail, to = _mail(entry), parameters.get("Destination", {}).get("ToAddresses", [])
        if mail is None:
            return ""
        title = f'{entry["n"]} · {mail["from"]} → {", ".join(map(str, to))}: {mail["subject"]} ({status})'
        link = f'<a href="{PATH}/{entry["n"]}">as HTML</a>'
        return f"<h2>{escape(title)} · {link}</h2>\n<pre>{escape(_body(mail, 'plain'))}</pre>\n"
    if entry["operation"] == "Publish" and "PhoneNumber" in parameters:
        title = f'{entry["n"]} · SMS → {parameters["PhoneNumber"]} ({status})'
        return f'<h2>{escape(title)}</h2>\n<pre>{escape(str(parameters.get("Message", "")))}</pre>\n'
    return ""


def page(entries: list[dict], path: str) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Status, body and headers."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    if path == PATH:
        shown = filter(None, map(_entry, reversed(entries[-MOST:])))
        return 200, (HEAD + "".join(shown) + "</body>\n</html>\n").encode(), headers
    found = next((_mail(entry) for entry in entries if f"{PATH}/{entry['n']}" == path), None)
    if found is None:
        return 404, b"", headers
    # A mail is not to do more here than in a mail program.
    return 200, _body(found, "html").encode(), [*headers, (b"content-security-policy", b"sandbox; script-src 'none'")]
