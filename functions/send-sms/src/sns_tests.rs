//! What is asked of SNS, and what its answers mean.

use std::collections::BTreeMap;

use carillon_domain::{Category, Reason, SmsSettings};
use carillon_sender::{Failure, Outcome, RefusalKind};
use carillon_testkit::{FakeService, Reply};

use crate::sns::{Message, outcome};
use crate::test_support::{client, impatient, is_publish, opted_out, phone, refuses, with_ceiling};

fn message<'a>(settings: &'a SmsSettings, category: Category) -> Message<'a> {
    Message { number: "+41446681800", text: "Grüezi & +1 €", category, settings }
}

/// Its attributes: what kind, and what.
fn attributes(form: &BTreeMap<String, String>) -> BTreeMap<&str, (&str, &str)> {
    let get =
        |i: usize, part: &str| form.get(&format!("MessageAttributes.entry.{i}.{part}")).map(String::as_str);
    let one = |i| Some((get(i, "Name")?, (get(i, "Value.DataType")?, get(i, "Value.StringValue")?)));
    (1..=5).filter_map(one).collect()
}

#[tokio::test]
async fn a_message_says_from_whom_what_kind_and_what_it_may_cost() {
    let done = "<PublishResponse><PublishResult><MessageId>m-7</MessageId></PublishResult></PublishResponse>";
    let sns = FakeService::start(|_| Reply::Says(200, done.into())).await.unwrap();
    let settings = SmsSettings { sender_id: Some("ACME".into()), max_price_usd: Some("0.50".into()) };
    for category in [Category::Transactional, Category::System, Category::Marketing] {
        let id = client(sns.url()).publish(&message(&settings, category)).await.unwrap();
        assert_eq!(id.as_deref(), Some("m-7"));
    }
    client(sns.url()).publish(&message(&SmsSettings::default(), Category::System)).await.unwrap();
    let forms: Vec<_> = sns.asked().iter().map(carillon_testkit::Asked::form).collect();
    for (form, kind) in forms.iter().zip(["Transactional", "Transactional", "Promotional"]) {
        assert_eq!(
            (form["PhoneNumber"].as_str(), form["Message"].as_str()),
            ("+41446681800", "Grüezi & +1 €")
        );
        let expected = [
            ("AWS.SNS.SMS.MaxPrice", ("Number", "0.50")),
            ("AWS.SNS.SMS.SMSType", ("String", kind)),
            ("AWS.SNS.SMS.SenderID", ("String", "ACME")),
        ];
        assert_eq!(attributes(form), BTreeMap::from(expected));
        assert!(!form.contains_key("TopicArn"));
    }
    assert_eq!(attributes(&forms[3]).len(), 1, "the account's own defaults hold for the rest");
}

#[tokio::test]
async fn the_deployments_ceiling_holds_under_the_tenants() {
    let done = "<PublishResponse><PublishResult><MessageId>m-7</MessageId></PublishResult></PublishResponse>";
    let sns = FakeService::start(|_| Reply::Says(200, done.into())).await.unwrap();
    for (own, expected) in [(None, "0.20"), (Some("0.5"), "0.20"), (Some("0.05"), "0.05")] {
        let settings = SmsSettings { sender_id: None, max_price_usd: own.map(str::to_owned) };
        let by = with_ceiling(sns.url(), "0.20");
        by.publish(&message(&settings, Category::Transactional)).await.unwrap();
        let form = sns.asked().last().unwrap().form();
        assert_eq!(attributes(&form)["AWS.SNS.SMS.MaxPrice"], ("Number", expected), "{own:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let again = |code: &str| (RefusalKind::Passing, Reason::Unavailable, code.to_owned());
    let table = [
        (
            refuses(429, "Throttled", "slow down"),
            (RefusalKind::Throttled, Reason::Unavailable, "Throttled".into()),
        ),
        (
            refuses(400, "Throttling", "Rate exceeded"),
            (RefusalKind::Throttled, Reason::Unavailable, "Throttling".into()),
        ),
        (refuses(500, "InternalError", "oops"), again("InternalError")),
        (refuses(503, "ServiceUnavailable", ""), again("ServiceUnavailable")),
        (Reply::Says(502, "<html>".into()), again("502")),
        (Reply::Says(200, "no".into()), again("answer_unreadable")),
        (Reply::Hangs, again("timeout")),
        (refuses(403, "ExpiredToken", ""), again("ExpiredToken")),
        (
            refuses(
                400,
                "InvalidParameter",
                "Invalid parameter: PhoneNumber Reason: +41446681800 is not valid to publish to",
            ),
            (RefusalKind::Refused, Reason::Rejected, "InvalidParameter".into()),
        ),
        (
            refuses(403, "AuthorizationError", "no identity-based policy allows"),
            (RefusalKind::Forbidden, Reason::NotConfigured, "AuthorizationError".into()),
        ),
        (
            refuses(403, "InvalidClientTokenId", ""),
            (RefusalKind::Forbidden, Reason::NotConfigured, "InvalidClientTokenId".into()),
        ),
    ];
    let ann = phone("ann", "+41446681800");
    for (reply, (kind, reason, code)) in table {
        let told = format!("{reply:?}");
        let hangs = reply == Reply::Hangs;
        let sns = FakeService::start(move |_| reply.clone()).await.unwrap();
        let by = if hangs { impatient(sns.url()) } else { client(sns.url()) };
        let refusal = by.publish(&message(&SmsSettings::default(), Category::System)).await.unwrap_err();
        assert_eq!((refusal.kind, refusal.code.as_str()), (kind, code.as_str()), "{told}");
        let failure = Failure { reason, detail: code, retry_after: None };
        let expected = if reason == Reason::Unavailable {
            Outcome::Again { rest: ann.clone(), failure, provider_id: None }
        } else {
            Outcome::Failed(failure)
        };
        assert_eq!(outcome(&refusal, &ann), expected, "{told}");
        assert_eq!(sns.asked().len(), 1, "the schedule tries again, not the client");
    }
    let nobody = client("http://127.0.0.1:1").opted_out("+41446681800").await.unwrap_err();
    assert_eq!((nobody.kind, nobody.code.as_str()), (RefusalKind::Passing, "connection_broken"));
}

#[tokio::test]
async fn who_opted_out_is_known_before_or_by_the_refusal() {
    for is in [true, false] {
        let sns = FakeService::start(move |_| Reply::Says(200, opted_out(is))).await.unwrap();
        assert_eq!(client(sns.url()).opted_out("+41446681800").await, Ok(is));
        let asked = sns.asked().remove(0);
        assert!(!is_publish(&asked) && asked.form()["phoneNumber"] == "+41446681800", "{asked:?}");
    }
    for reply in [refuses(400, "OptedOut", ""), refuses(400, "InvalidParameter", "+4144 is opted out")] {
        let sns = FakeService::start(move |_| reply.clone()).await.unwrap();
        let refusal =
            client(sns.url()).publish(&message(&SmsSettings::default(), Category::System)).await.unwrap_err();
        assert_eq!(outcome(&refusal, &phone("ann", "+41446681800")), Outcome::Skipped(Reason::Suppressed));
    }
}
