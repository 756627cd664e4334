"""What the recorder answers itself, below /_carillon: its report, what was sent, mails, and orders to answer otherwise."""

import json

import recorder_answers
import recorder_calls
import recorder_mails
import recorder_sent

PREFIX = "/_carillon/"


async def answer(recorder, scope, receive, send) -> None:
    """A request of a test, or of a developer."""
    method, path, query = scope["method"], scope["path"], scope.get("query_string", b"").decode("latin-1")
    status, answer = 200, None
    match method, path:
        case "GET", recorder_sent.PATH:
            answer = await recorder.sent.answer(query)
        case "GET", recorder_calls.PATH:
            answer = await recorder.calls.answer(query)
        case "GET", "/_carillon/recorder":
            answer = recorder.report()
        case "DELETE", "/_carillon/recorder":
            recorder.reset()
            status = 204
        case "POST", recorder_answers.PATH:
            try:
                answer = {"id": recorder.answers.add(await _body(receive))}
            except (ValueError, TypeError) as error:
                status, answer = 400, {"message": str(error)}
        case "DELETE", _ if path.startswith(recorder_answers.PATH + "/"):
            number = path.rpartition("/")[2]
            recorder.answers.withdraw(int(number) if number.isdecimal() else 0)
            status = 204
        case "GET", _ if path.startswith(recorder_mails.PATH):
            return await _send(send, *recorder_mails.page(recorder.calls.entries(), path))
        case _:
            status = 404
    body = b"" if answer is None else json.dumps(answer).encode()
    await _send(send, status, body, [(b"content-type", b"application/json")])


async def _send(send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(receive) -> bytes:
    body, rest = b"", True
    while rest:
        message = await receive()
        body += message.get("body", b"")
        rest = message.get("more_body", False)
    return body
