"""Which operation of which service an HTTP request is, and with which parameters.

Three of AWS's protocols, each read by the model's own description: JSON bodies under X-Amz-Target (DynamoDB, SQS,
Secrets Manager), REST with JSON (Scheduler, SES, WebSocket connections), and form fields (SNS).
"""

import functools
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from recorder_models import SERVICES, UNKNOWN, Problem, input_of, model, operations, safe

SIGNED_FOR = re.compile(r"Credential=[^/,\s]*/\d+/([^/,\s]+)/([^/,\s]+)/aws4_request")
CONNECTIONS = "/@connections/"


@dataclass
class Request:
    """As the wire has it."""

    method: str
    path: str  # still percent-encoded
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Call:
    """As the service's model has it; `operation` is "?" where it has none of that kind."""

    service: str
    region: str = ""
    operation: str = "?"
    parameters: dict = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(request: Request) -> Call:
    """The call that this request makes, with what is wrong with its form."""
    found = SIGNED_FOR.search(request.headers.get("authorization", ""))
    region, signed_for = found.groups() if found else ("", "unsigned")
    call = Call(SERVICES.get(signed_for, safe(signed_for)), region)
    if signed_for not in SERVICES:
        call.problems.append(("-", "is of no service in recorder_models.SERVICES"))
        return call
    call.operation, labels = _operation(call.service, request)
    if call.operation == "?":
        call.problems.append(("-", "is no operation in AWS's model of the service"))
    elif input_of(call.service, call.operation) is not None:
        _READERS[_protocol(call.service)](call, request, labels)
    return call


def _protocol(service: str) -> str:
    return model(service).metadata["protocol"]


def _operation(service: str, request: Request) -> tuple[str, dict[str, str]]:
    protocol, name, labels = _protocol(service), "", {}
    if protocol == "rest-json":
        path = request.path
        if CONNECTIONS in path:
            path = path[path.index(CONNECTIONS):]  # before it are the stage and, locally, what leads to the API
        matches = ((operation, pattern.fullmatch(path)) for method, pattern, operation in _routes(service)
                   if method == request.method)
        name, match = next(((name, match) for name, match in matches if match), ("", None))
        labels = {label: unquote(value) for label, value in match.groupdict().items()} if match else {}
    elif protocol == "query":
        name = parse_qs(request.body.decode(errors="replace")).get("Action", [""])[0]
    else:
        prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
        name = name if prefix == model(service).metadata["targetPrefix"] else ""
    return (name, labels) if name in operations(service) else ("?", {})


@functools.cache
def _routes(service: str) -> list[tuple[str, re.Pattern, str]]:
    """Method, path and name of each operation, those with the fewest variable parts first."""
    def part(text: str) -> str:
        label = re.fullmatch(r"\{(\w+)(\+?)\}", text)
        return f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})" if label else re.escape(text)

    routes = []
    for name in operations(service):
        http = model(service).operation_model(name).http
        path = http["requestUri"].partition("?")[0]
        pattern = "".join(part(text) for text in re.split(r"(\{\w+\+?\})", path))
        routes.append((path.count("{"), http["method"], re.compile(pattern), name))
    return [(method, pattern, name) for _, method, pattern, name in sorted(routes, key=lambda route: route[0])]


def _json(call: Call, body: bytes) -> dict:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        call.problems.append(("-", "has a body that is no JSON object"))
        return {}
    return value


def _read_json(call: Call, request: Request, labels: dict[str, str]) -> None:
    call.parameters = _json(call, request.body)


def _read_rest(call: Call, request: Request, labels: dict[str, str]) -> None:
    shape = input_of(call.service, call.operation)
    query = parse_qs(request.query, keep_blank_values=True)
    values, payload = {}, shape.serialization.get("payload")
    for name, member in shape.members.items():
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri" and wire in labels:
            values[name] = _scalar(labels[wire], member)
        elif location == "querystring" and wire in query:
            found = query.pop(wire)
            values[name] = found if member.type_name == "list" else _scalar(found[0], member)
        elif location == "header" and wire.lower() in request.headers:
            values[name] = _scalar(request.headers[wire.lower()], member)
    call.problems += [(safe(name), UNKNOWN) for name in query]
    if payload and shape.members[payload].type_name == "blob":
        values[payload] = request.body
    elif payload:
        values[payload] = _json(call, request.body)
    else:
        # Within bodies, all of these services call members what their models do.
        values = _json(call, request.body) | values
    call.parameters = values


def _read_query(call: Call, request: Request, labels: dict[str, str]) -> None:
    form = {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}
    form = {name: value for name, value in form.items() if name not in ("Action", "Version")}
    call.parameters = _unflatten(form, "", input_of(call.service, call.operation))
    call.problems += [(safe(name), UNKNOWN) for name in form]


def _unflatten(form: dict[str, str], at: str, shape):
    """What of the form belongs to this shape, whose fields are named `at` or begin with it; it is taken out."""
    def within(name: str, inner):
        return _unflatten(form, f"{at}.{name}" if at else name, inner)

    if shape.type_name == "structure":
        wires = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
        return {name: within(wire, shape.members[name]) for name, wire in wires.items()
                if _has(form, f"{at}.{wire}" if at else wire)}
    if shape.type_name not in ("list", "map"):
        return _scalar(form.pop(at, ""), shape)
    form.pop(at, None)  # an empty list is its bare name
    kind = "entry" if shape.type_name == "map" else shape.member.serialization.get("name", "member")
    prefix = "" if shape.serialization.get("flattened") else f"{kind}."
    start = f"{at}.{prefix}"
    numbers = {name[len(start):].partition(".")[0] for name in form if name.startswith(start)}
    numbers = sorted((number for number in numbers if number.isdecimal()), key=int)
    if shape.type_name == "list":
        return [within(f"{prefix}{number}", shape.member) for number in numbers]
    key, value = (each.serialization.get("name", word) for each, word in ((shape.key, "key"), (shape.value, "value")))
    return {within(f"{prefix}{number}.{key}", shape.key): within(f"{prefix}{number}.{value}", shape.value)
            for number in numbers}


def _has(form: dict[str, str], at: str) -> bool:
    return any(name == at or name.startswith(f"{at}.") for name in form)


def _scalar(text: str, shape):
    """What a text stands for; the text itself where it stands for nothing of its type, which the check then finds."""
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text]
    except (ValueError, KeyError):
        pass
    return text


_READERS = {"json": _read_json, "rest-json": _read_rest, "query": _read_query}
