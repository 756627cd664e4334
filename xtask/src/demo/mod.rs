//! `cargo xtask demo`: one notification, from the post to "read on the other device".

mod device;
mod timeline;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;

use self::device::Device;
use self::timeline::Timeline;
use crate::cli;
use crate::http::Http;
use crate::local::{self, Build};
use crate::say::{self, Step};
use crate::stack::Stack;

/// For each step. All of them together take a fraction of a second on an idle machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs it on a stack of its own.
pub(crate) async fn run(options: &cli::Demo) -> Result<()> {
    let what = if options.no_build { Build::Nothing } else { Build::Functions };
    let running = local::start(options.port, what).await?;
    let step = Step::begin("one notification, from the post to a read on another device");
    let mut timeline = Timeline::default();
    let outcome = Demo::new(&running.stack).run(&mut timeline).await;
    timeline.print();
    let log = running.stack.log.display();
    outcome.with_context(|| format!("the demo did not get to its end. The stack's log: {log}"))?;
    step.done("all of it happened");
    Ok(())
}

struct Demo<'a> {
    stack: &'a Stack,
    http: Http,
}

impl<'a> Demo<'a> {
    fn new(stack: &'a Stack) -> Self {
        Self { stack, http: Http::new(DEADLINE) }
    }

    async fn run(&self, timeline: &mut Timeline) -> Result<()> {
        let alice = self.token("alice")?;
        let (phone, laptop) =
            (Device::connect("phone", self.stack, alice), Device::connect("laptop", self.stack, alice));
        let (mut phone, mut laptop) = tokio::try_join!(phone, laptop)?;
        ensure!(self.unread().await? == 0, "alice has unread notifications before the first one was sent");
        say::note(
            "alice's phone and laptop are connected, and she has nothing unread. The other functions start cold.",
        );

        timeline.start("the producer posts a notification for alice");
        let id = self.post().await?;
        timeline.reached(format!("accepted (202), it is {id}"));
        let arrived = |frame: &Value| at(frame, "/event") == "notification" && at(frame, "/data/id") == id;
        let clock = timeline.zero();
        let (stored, on_phone, on_laptop) = tokio::try_join!(
            async { self.stored(&id).await.map(|()| clock.elapsed()) },
            async { phone.frame("`notification`", arrived).await.map(|_| clock.elapsed()) },
            async { laptop.frame("`notification`", arrived).await.map(|_| clock.elapsed()) },
        )?;
        timeline.reached_at(stored, "stored: alice's inbox has it");
        timeline.reached_at(on_phone, "delivered on the phone's socket");
        timeline.reached_at(on_laptop, "delivered on the laptop's socket");
        ensure!(self.unread().await? == 1, "one notification came, so one must be unread");
        timeline.reached("the unread count is 1");

        phone.send(&json!({"action": "mark_read", "id": "demo", "notification_id": id})).await?;
        timeline.reached("the phone marks it read");
        let acked = |frame: &Value| at(frame, "/event") == "ack" && at(frame, "/data/id") == "demo";
        let seen = |frame: &Value| {
            at(frame, "/event") == "notification_read" && at(frame, "/data/notification_id") == id
        };
        let (acked, seen) =
            tokio::try_join!(async { phone.frame("`ack`", acked).await.map(|_| clock.elapsed()) }, async {
                laptop.frame("`notification_read`", seen).await.map(|_| clock.elapsed())
            },)?;
        timeline.reached_at(acked, "the phone has the ack");
        timeline.reached_at(seen, "seen as read on the laptop");
        ensure!(self.unread().await? == 0, "it was read, so nothing must be unread");
        timeline.reached("the unread count is 0");
        Ok(())
    }

    fn token(&self, name: &str) -> Result<&'a str> {
        self.stack.tokens.get(name).map(String::as_str).with_context(|| format!("no token for {name}"))
    }

    async fn post(&self) -> Result<String> {
        let url = format!("{}/v1/notifications", self.stack.http_url);
        let body = json!({"type": "booking_confirmed", "recipient": "alice",
            "title": "Table for two", "body": "Friday, 19:00"});
        let (status, body) = self.http.post(&url, Some(self.token("producer")?), &body).await?;
        ensure!(status == StatusCode::ACCEPTED, "the post was answered {status}, not 202: {body}");
        body.get("id").and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no id in {body}"))
    }

    /// Asks until the inbox has it.
    async fn stored(&self, id: &str) -> Result<()> {
        let path = format!("/api/notifications/{id}");
        let asking = async {
            while self.get(&path).await?.0 != StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        };
        timeout(DEADLINE, asking).await.with_context(|| format!("not stored within {DEADLINE:?}"))?
    }

    async fn unread(&self) -> Result<u64> {
        let (status, body) = self.get("/api/notifications/unread-count").await?;
        let count = body.get("count").and_then(Value::as_u64);
        count.with_context(|| format!("the unread count was answered {status}: {body}"))
    }

    async fn get(&self, path: &str) -> Result<(StatusCode, Value)> {
        let url = format!("{}{path}", self.stack.http_url);
        self.http.get(&url, Some(self.token("alice")?)).await
    }
}

/// The text at a JSON pointer (RFC 6901); empty where there is none.
fn at<'v>(frame: &'v Value, pointer: &str) -> &'v str {
    frame.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
