"""The tests of what the recorder keeps of SES and SNS, and of answers that are ordered.

    target/local/venv/bin/python infra/local/recorder_calls_test.py
"""

import base64
import json
import unittest

from recorder_test import Cloud, ask, email, sms

RAW = (b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\nContent-Type: text/plain\r\n"
       b"List-Unsubscribe: <https://example.com/u>\r\n folded\r\n\r\n" + b"x" * 998 + b"\r\n")


def raw(mail):
    return email(Content={"Raw": {"Data": base64.b64encode(mail).decode()}})


class Clouds(Cloud):
    """One that is asked for pages too."""

    def page(self, method, path, body=None):
        path, _, query = path.partition("?")
        scope = {"type": "http", "path": "/_carillon/" + path, "method": method, "query_string": query.encode()}
        status, answer = self.ask(scope, b"" if body is None else json.dumps(body).encode())
        return status, json.loads(answer) if answer else None

    def calls(self, query=""):
        return [(call["operation"], call["status"], call["message_id"])
                for call in self.page("GET", f"calls?{query}")[1]["calls"]]

    def order(self, service, operation, **more):
        status, answer = self.page("POST", "answers", {"service": service, "operation": operation, **more})
        return answer["id"] if status == 200 else answer


class Test(unittest.TestCase):
    def test_mails_in_form(self):
        for name, mail, good in (
            ("good", RAW, True),
            ("a long line", RAW + b"x" * 999, False),
            ("not ASCII", RAW + "é".encode(), False),
            ("a lonely LF", RAW + b"a\nb", False),
            ("two subjects", b"Subject: y\r\n" + RAW, False),
            ("from nobody", RAW.removeprefix(b"From: a@example.com\r\n"), False),
            ("no body", RAW.partition(b"\r\n\r\n")[0], False),
        ):
            with self.subTest(name):
                cloud = Cloud()
                cloud.ask(*raw(mail))
                found = {each["member"] for each in cloud.report()["violations"]}
                self.assertEqual(found, set() if good else {"Content.Raw.Data"})

    def test_calls_are_kept(self):
        cloud = Clouds(answer={"MessageId": "m-1"})
        cloud.ask(*raw(RAW.replace(b"Subject: x", b"Subject: hush")))
        cloud.ask(*sms("two"))
        cloud.ask(*ask("sns", "", b"Action=CheckIfPhoneNumberIsOptedOut&Version=2010-03-31&phoneNumber=%2B417"))
        cloud.ask(*ask("sqs", "SendMessage", {}))
        self.assertEqual(cloud.calls("service=ses"), [("SendEmail", 200, "m-1")])
        self.assertEqual(cloud.calls("contains=hush"), [("SendEmail", 200, "m-1")])
        self.assertEqual(cloud.calls("operation=CheckIfPhoneNumberIsOptedOut&contains=%2B417")[0][1], 200)
        self.assertEqual(len(cloud.calls()), 3)
        self.assertEqual(cloud.page("GET", "calls?contains=two")[1]["calls"][0]["parameters"]["PhoneNumber"], "+41790000000")
        self.assertEqual(cloud.calls("after=3"), [])

    def test_errors_that_are_ordered(self):
        cloud = Clouds()
        order = cloud.order("ses", "SendEmail", contains="b@example.com", times=1, status=429,
                            code="TooManyRequestsException", message="slow")
        self.assertEqual(order, 1)
        self.assertEqual(cloud.ask(*raw(RAW)), (429, b'{"message": "slow"}'))
        self.assertEqual(cloud.ask(*raw(RAW))[0], 200)
        cloud.order("sns", "Publish", status=400, code="InvalidParameter")
        status, body = cloud.ask(*sms())
        self.assertEqual((status, b"<Code>InvalidParameter</Code>" in body), (400, True))
        cloud.page("DELETE", "answers/2")
        self.assertEqual(cloud.ask(*sms())[0], 200)
        self.assertEqual([status for _, status, _ in cloud.calls()], [429, 200, 400, 200])
        self.assertEqual(len(cloud.seen), 2)
        self.assertEqual(cloud.report()["functions"]["dispatch"]["sesv2.SendEmail"]["errors"], 1)

    def test_who_opted_out(self):
        cloud = Clouds()
        cloud.order("sns", "CheckIfPhoneNumberIsOptedOut", contains="+417", opted_out=True)
        check = ask("sns", "", b"Action=CheckIfPhoneNumberIsOptedOut&Version=2010-03-31&phoneNumber=%2B417")
        self.assertIn(b"<isOptedOut>true</isOptedOut>", cloud.ask(*check)[1])
        self.assertEqual(cloud.ask(*sms())[0], 200)

    def test_answers_that_get_lost(self):
        for fault, done in (("reset", 0), ("lost", 1)):
            cloud = Clouds()
            cloud.order("ses", "", times=1, fault=fault)
            self.assertEqual(cloud.ask(*raw(RAW)), (200, b"{"))
            self.assertEqual((len(cloud.seen), cloud.calls()[0][1]), (done, 200 if done else None))

    def test_mails_can_be_looked_at(self):
        cloud = Clouds()
        cloud.ask(*raw(b"Subject: =?utf-8?q?Caf=C3=A9?= <b>\r\nContent-Type: text/html\r\n" + RAW.replace(b"Content-Type: text/plain\r\n", b"")))
        cloud.ask(*sms("<two>"))
        cloud.ask(*email())
        scope = {"type": "http", "path": "/_carillon/mails", "method": "GET"}
        page = cloud.ask(scope)[1].decode()
        self.assertIn("Café &lt;b&gt; (200)", page)
        self.assertIn("<pre>&lt;two&gt;</pre>", page)
        self.assertIn("xxx", cloud.ask(scope | {"path": "/_carillon/mails/1"})[1].decode())
        self.assertEqual(cloud.ask(scope | {"path": "/_carillon/mails/2"})[0], 404)

    def test_orders_of_no_kind(self):
        for order in ({"service": "s3"}, {"service": "ses", "fault": "fire"}, {"service": "ses", "nonsense": 1}, {}):
            self.assertEqual(Clouds().page("POST", "answers", order)[0], 400)


if __name__ == "__main__":
    unittest.main()
