"""The recorder's own tests: requests that AWS takes, and for each rule one that it does not.

    target/local/venv/bin/python infra/local/recorder_test.py
"""

import asyncio
import contextlib
import contextvars
import io
import json
import unittest
from urllib.parse import urlencode

import recorder_dynamodb
import recorder_sent
from recorder import Recorder, in_front_of
from recorder_requests import Call

PATH = "/_carillon/recorder"
KEYS = {"t-able": (["pk", "sk"], ["by"])}
TARGETS = {"dynamodb": "DynamoDB_20120810.", "sqs": "AmazonSQS.", "secretsmanager": "secretsmanager."}
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20250312/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
QUEUE = "http://127.0.0.1:1/000000000000/q"
ROLE, TOPIC = "arn:aws:iam::000000000000:role/r", "arn:aws:sns:us-east-1:000000000000:t"


def ask(service, operation, body, path="/", method="POST", app="app/dispatch"):
    """The scope and body of a request as a function's SDK sends it."""
    headers = {"authorization": SIGNED.format(service), "x-amz-user-agent": f"aws-sdk-rust/1.3 ua/2.1 {app} m/E",
               "x-amz-target": TARGETS.get(service, "") + operation}
    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
             "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    return scope, body if isinstance(body, bytes) else json.dumps(body).encode()


def put(item=None, **more):
    return ask("dynamodb", "PutItem", {"TableName": "t-able", "Item": KEY | (item or {}), **more})


def update(**more):
    return ask("dynamodb", "UpdateItem", {"TableName": "t-able", "Key": KEY, **more})


def keyed(count, verb="PutRequest", inner="Item"):
    return [{verb: {inner: KEY | {"sk": {"S": str(index)}}}} for index in range(count)]


def transact(*items):
    return ask("dynamodb", "TransactWriteItems", {"TransactItems": list(items)})


def batch(entries):
    return ask("sqs", "SendMessageBatch", {"QueueUrl": QUEUE, "Entries": entries})


def entries(count, body="x", **more):
    return [{"Id": str(index), "MessageBody": body, **more} for index in range(count)]


def send(**more):
    return ask("sqs", "SendMessage", {"QueueUrl": QUEUE, "MessageBody": "x", **more})


def schedule(name="n", target=None, **more):
    body = {"ScheduleExpression": "at(2025-03-12T19:03:58)", "FlexibleTimeWindow": {"Mode": "OFF"}, "GroupName": "g",
            "Target": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": ROLE, "Input": "{}"} | (target or {})}
    return ask("scheduler", "", body | more, f"/schedules/{name}")


def post(data):
    return ask("execute-api", "", data, "/_aws/execute-api/socket/v1/@connections/abc%3D")


def email(**more):
    body = {"FromEmailAddress": "Carillon <a@example.com>", "Destination": {"ToAddresses": ["b@example.com"]},
            "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}}}
    return ask("ses", "", body | more, "/v2/email/outbound-emails")


def sms(message="x", **more):
    form = {"Action": "Publish", "Version": "2010-03-31", "PhoneNumber": "+41790000000", "Message": message}
    return ask("sns", "", urlencode(form | more).encode())


def attribute(name, value):
    at = "MessageAttributes.entry.1."
    return {at + "Name": name, at + "Value.DataType": "String", at + "Value.StringValue": value}


GOOD = {
    "put": put({"n": {"N": "-1.5"}, "b": {"B": "AAEC"}, "m": {"M": {"any key!": {"L": [{"NULL": True}]}}}},
               ConditionExpression="attribute_not_exists(pk) AND size(n) < :l",
               ExpressionAttributeValues={":l": {"N": "1"}}),
    "item of 400 KB": put({"x": {"S": "x" * (400 * 1024 - 7)}}),
    "update": update(UpdateExpression="SET #d.#k = if_not_exists(seen, :v) REMOVE gone",
                     ExpressionAttributeNames={"#d": "data", "#k": "a b"}, ExpressionAttributeValues={":v": {"S": ""}}),
    "query": ask("dynamodb", "Query", {
        "TableName": "t-able", "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeValues": {":p": {"S": "p"}, ":a": {"S": "a"}, ":b": {"S": "b"}}}),
    "batch of 25": ask("dynamodb", "BatchWriteItem", {"RequestItems": {"t-able": keyed(25)}}),
    "transaction": transact({"Put": {"TableName": "t-able", "Item": KEY}}, {"ConditionCheck": {
        "TableName": "t-able", "Key": KEY | {"sk": {"S": "other"}}, "ConditionExpression": "attribute_exists(pk)"}}),
    "message": send(DelaySeconds=900, MessageBody="x" * 1024 * 1024),
    "messages": batch(entries(10, "é\t\n")),
    "secret": ask("secretsmanager", "GetSecretValue", {"SecretId": "auth"}),
    "schedule": schedule("a-b_c.1", ScheduleExpressionTimezone="Europe/Zurich", ActionAfterCompletion="DELETE"),
    "cron": schedule(ScheduleExpression="cron(0 10 ? * MON-FRI *)"),
    "rate": schedule(ScheduleExpression="rate(5 minutes)"),
    "schedule's end": ask("scheduler", "", b"", "/schedules/n?groupName=g", "DELETE"),
    "post": post(b"x" * 128 * 1024),
    "disconnection": ask("execute-api", "", b"", "/v1/@connections/abc%3D", "DELETE"),
    "email": email(EmailTags=[{"Name": "tenant", "Value": "acme-1_2"}]),
    "SMS": sms("x" * 1600, **attribute("AWS.SNS.SMS.SMSType", "Transactional")),
}
BAD = {
    # The models' own: required, types, unknown members, enums, lengths, patterns, numbers.
    "required": (ask("dynamodb", "PutItem", {"TableName": "t-able"}), "Item"),
    "type": (put(ReturnValues=1), "ReturnValues"),
    "unknown member": (put(Nonsense=1), "Nonsense"),
    "enum": (put(ReturnValues="SOME"), "ReturnValues"),
    "base64": (put({"b": {"B": "?"}}), "Item.b.B"),
    "length": (ask("secretsmanager", "GetSecretValue", {"SecretId": "x" * 2049}), "SecretId"),
    "pattern": (schedule(GroupName="a b"), "GroupName"),
    "number": (schedule(FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}),
               "FlexibleTimeWindow.MaximumWindowInMinutes"),
    "unknown field of a form": (sms(Nonsense="1"), "Nonsense"),
    "unknown field of a query": (ask("scheduler", "", b"", "/schedules/n?group=g", "DELETE"), "group"),
    "operation": (ask("dynamodb", "Nonsense", {}), "-"),
    "service": (ask("kms", "Encrypt", {}), "-"),
    "body": (ask("dynamodb", "PutItem", b"{"), "-"),
    # DynamoDB.
    "item over 400 KB": (put({"x": {"S": "x" * (400 * 1024 - 6)}}), "Item"),
    "update over 400 KB": (
        update(UpdateExpression="SET x = :x", ExpressionAttributeValues={":x": {"S": "é" * 204_800}}), "Key"),
    "two types": (put({"x": {"S": "x", "N": "1"}}), "-"),
    "table's name": (ask("dynamodb", "GetItem", {"TableName": "a b", "Key": KEY}), "TableName"),
    "empty key": (put({"sk": {"S": ""}}), "Item.sk"),
    "long key": (put({"sk": {"S": "x" * 1025}}), "Item.sk"),
    "no key": (ask("dynamodb", "GetItem", {"TableName": "t-able", "Key": {"pk": {"S": "p"}}}), "Key.sk"),
    "empty key of an index": (put({"by": {"S": ""}}), "Item.by"),
    "batch of 26": (
        ask("dynamodb", "BatchWriteItem", {"RequestItems": {"t-able": keyed(13), "other": keyed(13)}}), "RequestItems"),
    "batch with a duplicate": (
        ask("dynamodb", "BatchWriteItem", {"RequestItems": {"t-able": keyed(1) * 2}}), "RequestItems.PutRequest"),
    "batch of 101 reads": (ask("dynamodb", "BatchGetItem", {"RequestItems": {
        name: {"Keys": [entry["PutRequest"]["Item"] for entry in keyed(count)]}
        for name, count in (("t-able", 51), ("other", 50))
    }}), "RequestItems"),
    "transaction of 101": (
        transact(*[{"Put": {"TableName": "t-able", **entry["PutRequest"]}} for entry in keyed(101)]), "TransactItems"),
    "transaction over 4 MB": (transact(*[{"Put": {"TableName": "t-able", "Item": entry["PutRequest"]["Item"] | {
        "x": {"S": "x" * 400_000}}}} for entry in keyed(11)]), "TransactItems"),
    "transaction on one item": (
        transact(*[{"Delete": {"TableName": "t-able", "Key": KEY}}] * 2), "TransactItems[].Delete"),
    "reserved word": (put(ConditionExpression="attribute_not_exists(data)"), "ConditionExpression"),
    "reserved word in a path": (update(UpdateExpression="REMOVE a.name"), "UpdateExpression"),
    "unused name": (put(ExpressionAttributeNames={"#x": "x"}), "ExpressionAttributeNames"),
    "unused value": (
        update(UpdateExpression="REMOVE a", ExpressionAttributeValues={":x": {"S": "x"}}), "ExpressionAttributeValues"),
    "undefined value": (update(UpdateExpression="SET a = :x"), "UpdateExpression"),
    "empty value for a key": (ask("dynamodb", "Query", {"TableName": "t-able", "KeyConditionExpression": "pk = :p",
                              "ExpressionAttributeValues": {":p": {"S": ""}}}), "KeyConditionExpression"),
    "long expression": (put(ConditionExpression="a = b" + " OR a = b" * 500), "ConditionExpression"),
    # SQS.
    "message over 1 MiB": (send(MessageBody="x" * (1024 * 1024 + 1)), "MessageBody"),
    "empty message": (send(MessageBody=""), "MessageBody"),
    "character": (send(MessageBody="\x00"), "MessageBody"),
    "delay": (send(DelaySeconds=901), "DelaySeconds"),
    "delay in a batch": (batch(entries(1, DelaySeconds=901)), "Entries[].DelaySeconds"),
    "11 messages": (batch(entries(11)), "Entries"),
    "no messages": (batch([]), "Entries"),
    "one id twice": (batch(entries(1) * 2), "Entries[].Id"),
    "id": (batch([{"Id": "a.b", "MessageBody": "x"}]), "Entries[].Id"),
    "messages over 1 MiB": (batch(entries(2, "x" * 600_000)), "Entries"),
    "wait": (ask("sqs", "ReceiveMessage", {"QueueUrl": QUEUE, "WaitTimeSeconds": 21}), "WaitTimeSeconds"),
    # Scheduler.
    "schedule's name": (schedule("a%23b"), "Name"),
    "schedule's long name": (schedule("x" * 65), "Name"),
    "time with its zone": (schedule(ScheduleExpression="at(2025-03-12T19:03:58Z)"), "ScheduleExpression"),
    "time of no day": (schedule(ScheduleExpression="at(2025-02-29T00:00:00)"), "ScheduleExpression"),
    "short time": (schedule(ScheduleExpression="at(2025-3-12T19:03:58)"), "ScheduleExpression"),
    "rate of nothing": (schedule(ScheduleExpression="rate(0 minutes)"), "ScheduleExpression"),
    "cron of five fields": (schedule(ScheduleExpression="cron(0 10 * * *)"), "ScheduleExpression"),
    "cron of two days": (schedule(ScheduleExpression="cron(0 10 * * MON *)"), "ScheduleExpression"),
    "zone": (schedule(ScheduleExpressionTimezone="Mars/Olympus"), "ScheduleExpressionTimezone"),
    "input": (schedule(target={"Input": "x" * (256 * 1024 + 1)}), "Target.Input"),
    "role": (schedule(target={"RoleArn": "r"}), "Target.RoleArn"),
    "target": (schedule(target={"Arn": "q"}), "Target.Arn"),
    "window": (schedule(FlexibleTimeWindow={"Mode": "FLEXIBLE"}), "FlexibleTimeWindow.MaximumWindowInMinutes"),
    # WebSocket connections.
    "post over 128 KB": (post(b"x" * (128 * 1024 + 1)), "Data"),
    # SES.
    "tag": (email(EmailTags=[{"Name": "tenant", "Value": "a b"}]), "EmailTags[].Value"),
    "tag's length": (email(EmailTags=[{"Name": "x" * 257, "Value": "x"}]), "EmailTags[].Name"),
    "one tag twice": (email(EmailTags=[{"Name": "x", "Value": "x"}] * 2), "EmailTags"),
    "nobody": (email(Destination={}), "Destination"),
    "many": (email(Destination={"ToAddresses": ["b@example.com"] * 51}), "Destination"),
    "address": (email(FromEmailAddress="é@example.com"), "Destination or FromEmailAddress"),
    # SNS.
    "SMS over 1600": (sms("x" * 1601), "Message"),
    "number of a phone": (sms(PhoneNumber="0790000000"), "PhoneNumber"),
    "sender": (sms(**attribute("AWS.SNS.SMS.SenderID", "too long a name")), "MessageAttributes.AWS.SNS.SMS.SenderID"),
    "two targets": (sms(TopicArn=TOPIC), "PhoneNumber"),
    "publication over 256 KB": (ask("sns", "", urlencode({
        "Action": "Publish", "TopicArn": TOPIC, "Message": "x" * (256 * 1024 + 1)}).encode()), "Message"),
}


class Cloud:
    """An ASGI application that answers what it is told to, and the recorder before it."""

    def __init__(self, status=200, answer=None):
        self.status, self.answer, self.seen = status, json.dumps(answer or {}).encode(), []
        self.metered = contextvars.ContextVar("metered", default=False)
        self.app = in_front_of(self._answer, Recorder(lambda table: KEYS.get(table, ([], []))), self.metered)

    async def _answer(self, scope, receive, send):
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        self.seen.append((body, self.metered.get()))
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": self.answer})

    def ask(self, scope, body=b""):
        """Sends it in two parts; returns the status and the body."""
        parts = [{"type": "http.request", "body": part, "more_body": more}
                 for part, more in ((body[:3], True), (body[3:], False))]
        sent = []

        async def receive():
            return parts.pop(0)

        async def send(message):
            sent.append(message)

        with contextlib.redirect_stderr(io.StringIO()):
            asyncio.run(self.app(scope, receive, send))
        return sent[0]["status"], sent[1]["body"]

    def report(self):
        return json.loads(self.ask({"type": "http", "path": PATH, "method": "GET"})[1])


class Test(unittest.TestCase):
    def test_what_aws_takes(self):
        for name, request in GOOD.items():
            with self.subTest(name):
                cloud = Cloud()
                cloud.ask(*request)
                self.assertEqual(cloud.report()["violations"], [])

    def test_what_aws_refuses(self):
        for name, (request, member) in BAD.items():
            with self.subTest(name):
                cloud = Cloud()
                cloud.ask(*request)
                cloud.ask(*request)
                found = cloud.report()["violations"]
                self.assertEqual([(each["function"], each["member"]) for each in found], [("dispatch", member)], found)
                self.assertGreaterEqual(found[0]["count"], 2)

    def test_requests_pass_as_they_are_and_only_functions_are_counted(self):
        cloud = Cloud()
        request = put()
        self.assertEqual(cloud.ask(*request), (200, b"{}"))
        cloud.ask(*ask("dynamodb", "Nonsense", b"?", app=""))
        self.assertEqual(cloud.seen, [(request[1], True), (b"?", False)])
        tally = {"requests": 1, "errors": 0, "read_units": 0, "write_units": 0}
        self.assertEqual(cloud.report(), {"functions": {"dispatch": {"dynamodb.PutItem": tally}}, "violations": []})
        self.assertEqual(cloud.ask({"type": "http", "path": PATH, "method": "DELETE"})[0], 204)
        self.assertEqual(cloud.report(), {"functions": {}, "violations": []})

    def test_half_a_request_is_none(self):
        async def receive():
            return {"type": "http.disconnect"}

        async def gone(scope, receive, send):
            self.assertEqual(await receive(), {"type": "http.disconnect"})

        recorder = Recorder(lambda table: ([], []))
        asyncio.run(in_front_of(gone, recorder, contextvars.ContextVar("metered"))(put()[0], receive, None))
        self.assertEqual(recorder.report(), {"functions": {}, "violations": []})

    def test_nothing_that_a_request_carries_is_told(self):
        cloud = Cloud()
        cloud.ask(*put({"m": {"M": {"hush1": {"Q": "hush2"}}}}, ReturnValues="hush3"))
        cloud.ask(*schedule("n", {"Input": ["hush4"], "RoleArn": "hush5"}, **{"hush 6": 1}))
        self.assertEqual(len(cloud.report()["violations"]), 5)
        self.assertNotIn("hush", json.dumps(cloud.report()))

    def test_messages_to_senders_are_kept(self):
        push, cloud = QUEUE[:-1] + "carillon-push", Cloud(answer={"Failed": [{"Id": "b"}]})
        both = [{"Id": name, "MessageBody": name} for name in "ab"]
        cloud.ask(*ask("sqs", "SendMessageBatch", {"QueueUrl": push, "Entries": both}))
        cloud.ask(*send(QueueUrl=push, MessageBody="b", DelaySeconds=3))
        for unseen in (send(), send(QueueUrl=push + "-dlq"), ask("sqs", "SendMessage", {"QueueUrl": push}, app="")):
            cloud.ask(*unseen)

        def sent(query):
            scope = {"type": "http", "path": recorder_sent.PATH, "method": "GET", "query_string": query.encode()}
            return json.loads(cloud.ask(scope)[1])

        first, second = ({"n": n, "queue": "push", "function": "dispatch", "delay": delay, "body": body}
                         for n, delay, body in ((1, 0, "a"), (2, 3, "b")))
        self.assertEqual(sent("queue=push"), {"messages": [first, second], "last": 2})
        self.assertEqual(sent("queue=push&after=1&wait=9")["messages"], [second])
        self.assertEqual(sent("queue=push&contains=a")["messages"], [first])
        self.assertEqual(sent("queue=sms&wait=0.01")["messages"], [])
        refused = Cloud(400)
        refused.ask(*send(QueueUrl=push))
        self.assertEqual(json.loads(refused.ask({"type": "http", "path": recorder_sent.PATH, "method": "GET",
                                                 "query_string": b"queue=push"})[1]), {"messages": [], "last": 0})

    def test_whoever_waits_for_a_message_is_told(self):
        async def wait():
            sent, call = recorder_sent.Sent(), Call("sqs", "", "SendMessage", {"QueueUrl": "/a-sms", "MessageBody": "x"})
            waiting = asyncio.create_task(sent.answer("queue=sms&wait=60"))
            await asyncio.sleep(0)
            sent.note("dispatch", call, 200, b"")
            return await waiting

        self.assertEqual(asyncio.run(wait())["messages"][0]["body"], "x")

    def test_units(self):
        consumed, item = {"ConsumedCapacity": {"CapacityUnits": 0.5}}, {"x": {"S": "x" * 8192}}
        keys = {"RequestItems": {"t": {"Keys": [{}, {}]}}}
        for operation, parameters, answer, units in (
            ("PutItem", {}, {"ConsumedCapacity": {"CapacityUnits": 3.0}}, (0, 3)),
            ("TransactWriteItems", {}, {"ConsumedCapacity": [{"CapacityUnits": 2.0}, {"CapacityUnits": 4.0}]}, (0, 6)),
            ("GetItem", {}, consumed, (0.5, 0)),
            ("GetItem", {"ConsistentRead": True}, consumed | {"Item": item}, (3, 0)),
            ("Query", {}, consumed | {"Items": [item, item]}, (2.5, 0)),
            ("BatchGetItem", keys, {"Responses": {"t": [item]}}, (2, 0)),
        ):
            self.assertEqual(recorder_dynamodb.units(operation, parameters, answer), units, operation)
        refused = Cloud(400, {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"})
        refused.ask(*put())
        tally = refused.report()["functions"]["dispatch"]["dynamodb.PutItem"]
        self.assertEqual((tally["errors"], tally["write_units"]), (1, 1))

    def test_sizes(self):
        for value, size in (({"S": "é"}, 2), ({"N": "-12.5"}, 4), ({"N": "100"}, 2), ({"B": "AAEC"}, 3),
                            ({"BOOL": True}, 1), ({"NS": ["1", "2"]}, 4), ({"L": [{"S": "a"}]}, 5), ({"M": {"a": {"S": "a"}}}, 6)):
            self.assertEqual(recorder_dynamodb.size(value), size, value)


if __name__ == "__main__":
    unittest.main()
