//! What each request to the inbox costs, counted in AWS calls, with one device connected.

use anyhow::Result;
use carillon_testkit::{FaultProxy, RuntimeApi};
use carillon_tests::{Functions, Tenant, User, answer, http_event, ids, now};
use serde_json::{Value, json};

use crate::budgets::{Calls, are, calls, counted};
use crate::rest_cleanup::{aged, archived};
use crate::rest_support::{filled, of_account};

/// An inbox-api of the test's own, asked by Ann.
struct Counted {
    proxy: FaultProxy,
    inbox: RuntimeApi,
    ann: User,
}

impl Counted {
    async fn of(tenant: &Tenant, ann: User) -> Result<Self> {
        let functions = Functions::of(tenant, Vec::new()).await?;
        let proxy = FaultProxy::start(&tenant.stack.aws_endpoint_url).await?;
        let inbox = counted(functions.function("inbox-api"), tenant, &proxy).await?;
        Ok(Self { proxy, inbox, ann })
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Calls> {
        let from = self.proxy.seen().len();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let event = http_event(method, path, &self.ann.token, &[], &body);
        answer(&self.inbox.invoke(event).await?)?.ok()?;
        Ok(calls(&self.proxy, from))
    }
}

/// Who is connected, and a post to the one that is.
fn told(own: &[(&str, usize)]) -> Calls {
    let mut all = are(own);
    *all.entry("Query".to_owned()).or_default() += 1;
    all.insert("Post".to_owned(), 1);
    all
}

#[tokio::test]
async fn reading_the_inbox_makes_no_call_too_many() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    filled(&tenant, &ann, 3).await?;
    let inbox = Counted::of(&tenant, ann).await?;
    let cases = [
        ("", are(&[("Query", 2)])),
        ("?type=chat_message&priority=high&tag_prefix=x", are(&[("Query", 2)])),
        ("?archived=true", are(&[("Query", 2)])),
        ("?unread_only=true", are(&[("GetItem", 1), ("Query", 1), ("BatchGetItem", 1)])),
        ("/unread-count", are(&[("GetItem", 1), ("Query", 1)])),
        ("/stats", are(&[("GetItem", 1), ("Query", 2)])),
    ];
    for (path, expected) in cases {
        let path = format!("/api/notifications{path}");
        assert_eq!(inbox.ask("GET", &path, &Value::Null).await?, expected, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn changing_a_notification_makes_no_call_too_many() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let id = filled(&tenant, &ann, 1).await?.remove(0);
    let _device = ann.connect().await?;
    let path = |action: &str| ann.path(&id, action);
    let until = json!({"until": now().checked_add(jiff::SignedDuration::from_hours(1))?.to_string()});
    // The answer says whether it is read: of one that is not marked so itself, the read-all mark decides.
    let (write, marks) = (("UpdateItem", 1), ("GetItem", 1));
    let cases = [
        ("seen", told(&[write, marks])),
        // Again: the write is refused, and nobody is told.
        ("seen", are(&[write, marks])),
        // Meant for one whose push is on its way; this one has none.
        ("opened", told(&[("UpdateItem", 2), marks])),
        ("clicked", told(&[write, marks])),
        ("pin", told(&[write, marks])),
        ("unpin", told(&[write, marks])),
        ("archive", told(&[write, marks])),
        ("unarchive", told(&[write, marks])),
        // The row, what wakes it, and the marks.
        ("snooze", told(&[write, ("GetItem", 2), ("CreateSchedule", 1)])),
        // The row and the marks.
        ("unsnooze", told(&[write, ("GetItem", 2)])),
        ("read", told(&[write])),
        ("unread", told(&[write, marks])),
    ];
    let paths = cases.map(|(action, expected)| (action, path(action), expected));
    let inbox = Counted::of(&tenant, ann).await?;
    for (action, path, expected) in paths {
        let body = if action == "snooze" { &until } else { &Value::Null };
        assert_eq!(inbox.ask("POST", &path, body).await?, expected, "{action}");
    }
    Ok(())
}

#[tokio::test]
async fn changing_many_looks_once_who_is_connected() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let mut of = Vec::new();
    for account in ["work", "home", "work", "home"] {
        of.push(of_account(&tenant, account).await?);
    }
    ids(&ann.inbox_of(4).await?)?;
    let mut long_ago = Vec::new();
    for id in &of[..2] {
        aged(&tenant, id, 31, |_| ()).await?;
        long_ago.push(aged(&tenant, id, 50, archived(35)).await?);
    }
    let mut device = ann.connect().await?;
    let inbox = Counted::of(&tenant, ann).await?;
    let all = "/api/notifications";
    let bulk = json!({"notification_ids": of[..2]});
    let nothing = Value::Null;
    let cases = [
        ("POST", "bulk-read", &bulk, are(&[("GetItem", 1), ("UpdateItem", 2), ("Query", 1), ("Post", 2)])),
        ("POST", "seen-all", &nothing, told(&[("Query", 1), ("UpdateItem", 1)])),
        ("POST", "read-all", &nothing, told(&[("Query", 1), ("UpdateItem", 1)])),
    ];
    let clean = "DELETE";
    let found = are(&[("GetItem", 1), ("Query", 3), ("UpdateItem", 2), ("PutItem", 2), ("Post", 4)]);
    let path = format!("{all}/cleanup-old");
    assert_eq!(inbox.ask(clean, &path, &nothing).await?, found, "what is old, of two accounts");
    assert_eq!(inbox.ask(clean, &path, &nothing).await?, are(&[("GetItem", 1), ("Query", 2)]), "nothing old");
    for (method, what, body, expected) in cases {
        let got = inbox.ask(method, &format!("{all}/{what}"), body).await?;
        assert_eq!(got, expected, "{what}");
    }
    for _ in 0..2 {
        let deleted = device.expect("notification_deleted").await?;
        long_ago.retain(|id| deleted["notification_ids"] != json!([id]));
    }
    assert!(long_ago.is_empty(), "{long_ago:?}");
    Ok(())
}
