//! Somebody with devices that nobody else has, and what came for them.

use anyhow::{Context as _, Result};
use carillon_fakes::{Filter, Reply, Rule, Seen, Sink, fcm_error};
use carillon_tests::{DEADLINE, Producer, Row, Tenant, User, eventually, list, text};
use serde_json::{Value, json};

/// The type whose push goes out beside the socket.
pub(crate) const ALWAYS: &str = "payment_received";

/// Ann and her phones, in a tenant of their own.
pub(crate) struct Phones {
    pub(crate) tenant: Tenant,
    pub(crate) ann: User,
    pub(crate) shop: Producer,
}

impl Phones {
    pub(crate) async fn of(names: &[&str]) -> Result<Self> {
        let tenant = Tenant::fresh()?;
        let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
        let phones = Self { tenant, ann, shop };
        for name in names {
            phones.register(&phones.ann, name).await?;
        }
        Ok(phones)
    }

    pub(crate) async fn register(&self, user: &User, name: &str) -> Result<()> {
        let phone = json!({"token": self.token(name), "platform": "android", "device_id": name});
        user.post("/api/push/register", &phone).await?.ok().map(drop)
    }

    /// What FCM knows a phone by.
    pub(crate) fn token(&self, name: &str) -> String {
        format!("{name}:{}", self.tenant.id)
    }

    /// What the app calls the devices that are registered.
    pub(crate) async fn registered(&self) -> Result<Vec<String>> {
        let devices = self.ann.get("/api/push/devices").await?.ok()?;
        let mut names = list(&devices, "data")?
            .iter()
            .map(|device| Ok(text(device, "device_id")?.to_owned()))
            .collect::<Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// FCM's answers to one phone's next messages.
    pub(crate) fn answers(&self, name: &str, reply: Reply) -> Rule {
        Rule::of(Sink::Fcm).containing(&json!(self.token(name)).to_string()).reply(reply)
    }

    /// Orders it; the rule's id.
    pub(crate) async fn order(&self, rule: Rule) -> Result<u64> {
        self.tenant.sinks().answer(&rule).await
    }

    fn all(&self) -> Filter {
        Filter::of(Sink::Fcm).containing(&self.tenant.id)
    }

    /// What FCM has got for these phones.
    pub(crate) async fn came(&self) -> Result<Vec<Seen>> {
        self.tenant.sinks().requests(&self.all()).await
    }

    /// The same, once it is at least so much.
    pub(crate) async fn coming(&self, count: usize) -> Result<Vec<Seen>> {
        self.tenant.sinks().wait(&self.all(), count, DEADLINE).await
    }

    /// How FCM answered one phone, in order.
    pub(crate) async fn statuses(&self, name: &str) -> Result<Vec<Option<u16>>> {
        let token = self.token(name);
        let came = self.came().await?;
        let own = came.iter().filter(|seen| seen.json()["message"]["token"] == token.as_str());
        Ok(own.map(|seen| seen.status).collect())
    }

    /// Posts a notification to Ann, with more fields.
    pub(crate) async fn post(&self, kind: &str, more: &Value) -> Result<String> {
        self.shop.create(&post(kind, "ann", more)).await
    }

    /// Waits until push of a notification is as it should be.
    pub(crate) async fn push(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut last = Value::Null;
        let reached = eventually("the delivery", async || {
            last = self.shop.trace(id).await?["deliveries"]["push"].take();
            Ok(wanted(&last).then(|| last.clone()))
        });
        let reached = reached.await;
        reached.with_context(|| format!("push of {id} is {last}"))
    }

    /// The dead letters of push.
    pub(crate) async fn dead_letters(&self) -> Result<Vec<Row>> {
        self.tenant.aws.rows("Ledger", &format!("dead#{}#push", self.tenant.id)).await
    }
}

/// A notification, with more fields.
pub(crate) fn post(kind: &str, user: &str, more: &Value) -> Value {
    let mut body = json!({"type": kind, "recipient": user, "title": "Table for two"});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

/// FCM is down, and says when to ask again.
pub(crate) fn down(seconds: u32) -> Reply {
    fcm_error("UNAVAILABLE").header("retry-after", seconds.to_string())
}
