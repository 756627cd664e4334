"""Deploys infra/template.yaml to the local cloud, as CloudFormation does it on AWS.

    deploy.py --endpoint http://127.0.0.1:4566 --artifacts target/local/lambda --out outputs.json [--stack carillon]
              [--param KEY=VALUE]...

ARTIFACTS has a folder for each function with its `bootstrap`. Creates the stack, or updates it to what has changed, and
writes its outputs as one flat JSON object, with URLs that work here. The template itself is never changed: what is deployed
is a copy whose CodeUri point to the uploaded packages.
"""

import argparse
import contextlib
import hashlib
import io
import json
import re
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
BUCKET = "carillon-artifacts"
CODE_URI = re.compile(r"CodeUri: \.\./target/lambda/([a-z0-9-]+)/")
TTL = re.compile(r"TimeToLiveSpecification: \{AttributeName: (\w+),")
# The template pins them (tag ms-custom-id), because the functions must be told their URLs before the APIs exist.
WEBSOCKET_API, HTTP_API = "carillon-websocket", "carillon-http"
# Nobody's (RFC 2606); nothing is sent anyway.
EMAIL_DOMAIN = "example.com"
STARTED = time.monotonic()


def say(text: str) -> None:
    """One line of progress, with the seconds since the start."""
    print(f"deploy {time.monotonic() - STARTED:5.1f} s  {text}", flush=True)


def package(bootstrap: Path) -> tuple[str, bytes]:
    """Name and content of a function's deployment package; the same binary always gives the same."""
    code = bootstrap.read_bytes()
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    archive = io.BytesIO()
    # Stored, not compressed: it travels over loopback, and compressing a debug binary takes seconds.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        target.writestr(entry, code)
    return f"{bootstrap.parent.name}-{hashlib.sha256(code).hexdigest()[:16]}.zip", archive.getvalue()


def upload(s3, artifacts: Path) -> str:
    """Uploads the packages that are not there yet, then the template that names them; returns the template's URL."""
    text = TEMPLATE.read_text()
    functions = CODE_URI.findall(text)
    missing = [name for name in functions if not (artifacts / name / "bootstrap").is_file()]
    if missing:
        sys.exit(f"deploy.py: no bootstrap in {artifacts} for {', '.join(missing)}")
    s3.create_bucket(Bucket=BUCKET)
    there = {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def send(name: str) -> tuple[str, int]:
        key, body = package(artifacts / name / "bootstrap")
        if key in there:
            return key, 0
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return key, len(body)

    with ThreadPoolExecutor() as pool:
        sent = dict(zip(functions, pool.map(send, functions)))
    size = sum(length for _, length in sent.values())
    say(f"{sum(length > 0 for _, length in sent.values())} of {len(functions)} packages uploaded, {size / 1e6:.0f} MB")

    body = CODE_URI.sub(lambda found: f"CodeUri: s3://{BUCKET}/{sent[found[1]][0]}", text).encode()
    key = f"template-{hashlib.sha256(body).hexdigest()[:16]}.yaml"
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return f"{s3.meta.endpoint_url}/{BUCKET}/{key}"


def stack_of(cloudformation, name: str) -> dict | None:
    """The stack, or None; one that never came up is removed first, as it cannot be updated."""
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if stack["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"):
        say(f"removing {name}, which is {stack['StackStatus']}")
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        return None
    return stack


def events_since(cloudformation, name: str, seen: set[str]) -> list[dict]:
    """The stack's events that are not in `seen` yet, oldest first."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    fresh = [event for page in pages for event in page["StackEvents"] if event["EventId"] not in seen]
    seen.update(event["EventId"] for event in fresh)
    return fresh[::-1]


def apply(cloudformation, name: str, template: str, parameters: dict[str, str]) -> dict:
    """Creates or updates the stack and waits; returns it. Exits with the failing resources when it fails."""
    request = {
        "StackName": name,
        "TemplateURL": template,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    seen: set[str] = set()
    if stack_of(cloudformation, name) is None:
        say(f"creating {name}")
        cloudformation.create_stack(**request)
    else:
        events_since(cloudformation, name, seen)  # those of earlier deployments
        try:
            cloudformation.update_stack(**request)
            say(f"updating {name}")
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            say(f"{name} is up to date")

    deadline = time.monotonic() + 120
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            sys.exit(f"deploy.py: {name} is still {stack['StackStatus']} after two minutes")
        time.sleep(0.1)

    events = events_since(cloudformation, name, seen)
    done = {event["LogicalResourceId"] for event in events if event["ResourceStatus"].endswith("_COMPLETE")}
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        for event in events:
            if event["ResourceStatus"].endswith("_FAILED"):
                reason = event.get("ResourceStatusReason", "no reason given")
                print(f"  {event['LogicalResourceId']} ({event['ResourceType']}): {reason}", file=sys.stderr)
        reason = stack.get("StackStatusReason", "")
        sys.exit(f"deploy.py: {name} is {stack['StackStatus']} {reason}")
    say(f"{name} is {stack['StackStatus']}, {len(done - {name})} resources")
    return stack


def apply_ttl(dynamodb, tables: list[str]) -> None:
    """The local CloudFormation leaves the tables' TimeToLiveSpecification out."""
    (attribute,) = set(TTL.findall(TEMPLATE.read_text()))
    for table in tables:
        if dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
            dynamodb.update_time_to_live(
                TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute})


def verify(sesv2) -> None:
    """What whoever deploys does once and by hand: SES sends from verified identities only. Here a domain is verified
    as soon as it is asked for."""
    with contextlib.suppress(sesv2.exceptions.AlreadyExistsException):
        sesv2.create_email_identity(EmailIdentity=EMAIL_DOMAIN)


def main() -> None:
    """Packages, deploys, verifies, applies TTLs, writes the outputs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True, help="URL of the local cloud, without a path")
    parser.add_argument("--artifacts", required=True, type=Path, help="directory of <function>/bootstrap")
    parser.add_argument("--out", required=True, type=Path, help="where to write the outputs as JSON")
    parser.add_argument("--stack", default="carillon", help="name of the stack")
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter of the template")
    arguments = parser.parse_args()
    endpoint = arguments.endpoint.rstrip("/")
    given = dict(pair.split("=", 1) for pair in arguments.param if "=" in pair)
    if len(given) != len(arguments.param):
        parser.error("--param takes KEY=VALUE, each key once")

    stage = given.get("StageName", "v1")
    parameters = {
        "Deployment": "local",
        "Architecture": "x86_64",  # nothing checks it here; the binaries are this machine's
        "StageName": stage,
        "WebSocketEndpointOverride": f"{endpoint}/_aws/execute-api/{WEBSOCKET_API}/{stage}",
        "PublicUrl": f"{endpoint}/_aws/execute-api/{HTTP_API}/$default",
        "EmailFrom": f"carillon@{EMAIL_DOMAIN}",
        "EmailDomains": f"*={EMAIL_DOMAIN}",
        "SmsEnabled": "true",
        **given,
    }

    session = boto3.Session("test", "test", region_name="us-east-1")
    config = Config(retries={"max_attempts": 1}, max_pool_connections=16, s3={"addressing_style": "path"})

    def client(service: str):
        return session.client(service, endpoint_url=endpoint, config=config)

    template = upload(client("s3"), arguments.artifacts)
    stack = apply(client("cloudformation"), arguments.stack, template, parameters)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    for output, wanted in (("WebSocketApiId", WEBSOCKET_API), ("HttpApiId", HTTP_API)):
        if outputs[output] != wanted:
            sys.exit(f"deploy.py: {output} is {outputs[output]}, but the functions were told {wanted}")
    verify(client("sesv2"))
    apply_ttl(client("dynamodb"), [value for key, value in outputs.items() if key.startswith("Table")])

    base = f"{endpoint}/_aws/execute-api"
    outputs["HttpUrl"] = f"{base}/{outputs['HttpApiId']}/$default"
    outputs["WebSocketEndpoint"] = parameters["WebSocketEndpointOverride"]
    outputs["WebSocketUrl"] = "ws" + f"{base}/{WEBSOCKET_API}/{stage}".removeprefix("http")
    arguments.out.write_text(json.dumps(outputs, indent=2, sort_keys=True) + "\n")
    say(f"outputs written to {arguments.out}")


if __name__ == "__main__":
    try:
        main()
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"deploy.py: {error}")
