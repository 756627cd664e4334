//! Somebody who can be written to, and what they were sent.

use anyhow::Result;
use carillon_tests::{Call, Mail, Producer, Row, Tenant, User};
use serde_json::{Value, json};

/// A type that has nothing for email and SMS: they say its title and body.
pub(crate) const PLAIN: &str = "plain_words";

/// Ann, with an address and a number that nobody else has, in a tenant of their own.
pub(crate) struct Reader {
    pub(crate) tenant: Tenant,
    pub(crate) ann: User,
    pub(crate) shop: Producer,
    pub(crate) address: String,
    pub(crate) phone: String,
}

impl Reader {
    pub(crate) async fn new() -> Result<Self> {
        Self::with(&json!({})).await
    }

    /// With more fields of the profile.
    pub(crate) async fn with(profile: &Value) -> Result<Self> {
        let tenant = Tenant::fresh()?;
        let ann = tenant.person("ann", profile).await?;
        ann.prefer(&json!({"channels": {"sms": true}})).await?;
        let (shop, address, phone) = (tenant.producer()?, tenant.address("ann"), tenant.phone("ann"));
        let reader = Self { tenant, ann, shop, address, phone };
        // Before anything reads them, and keeps them for a minute.
        reader.own_type(PLAIN, &json!({})).await?;
        Ok(reader)
    }

    /// A type of the tenant's own, transactional if not said otherwise, for the inbox, email and SMS.
    pub(crate) async fn own_type(&self, key: &str, more: &Value) -> Result<()> {
        let mut entry = json!({
            "category": "transactional", "priority": "normal", "channels": ["in_app", "email", "sms"],
            "throttle_exempt": true,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            entry[name] = value.clone();
        }
        self.tenant.admin()?.put(&format!("/v1/types/{key}"), &entry).await?.ok().map(drop)
    }

    pub(crate) async fn settings(&self, settings: &Value) -> Result<()> {
        self.tenant.admin()?.put("/v1/settings", settings).await?.ok().map(drop)
    }

    /// Posts to Ann by email only, with more fields.
    pub(crate) async fn mail(&self, kind: &str, more: &Value) -> Result<String> {
        self.shop.create(&to(kind, "email", more)).await
    }

    /// Posts to Ann by SMS only, with more fields.
    pub(crate) async fn text(&self, kind: &str, more: &Value) -> Result<String> {
        self.shop.create(&to(kind, "sms", more)).await
    }

    /// The only mail that came for Ann.
    pub(crate) async fn came(&self) -> Result<Mail> {
        self.tenant.mails().one(&self.address).await
    }

    /// The only text message that came for Ann.
    pub(crate) async fn texted(&self) -> Result<Call> {
        self.tenant.sms().one(&self.phone).await
    }

    /// How SES answered for Ann, in order.
    pub(crate) async fn answered(&self) -> Result<Vec<Option<u16>>> {
        let calls = self.tenant.mails().asked(&self.address).await?;
        Ok(calls.into_iter().map(|call| call.status).collect())
    }

    pub(crate) async fn dead_letters(&self, channel: &str) -> Result<Vec<Row>> {
        self.tenant.aws.rows("Ledger", &format!("dead#{}#{channel}", self.tenant.id)).await
    }
}

/// What makes a type marketing.
pub(crate) fn marketing() -> Value {
    json!({"category": "marketing", "opt_in_key": "promotions", "frequency_cap": {"per_day": 9}})
}

/// A notification to Ann for one channel, with more fields.
pub(crate) fn to(kind: &str, channel: &str, more: &Value) -> Value {
    let mut body =
        json!({"type": kind, "recipient": "ann", "title": "Table for two", "channels": ["in_app", channel]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}
