//! All that a tenant and a user keep about the user, to be handed out.

use carillon_domain::{Millis, TenantId, UserId};
use serde_json::{Map, Value};

use super::limits::limits_of;
use super::{Range, Recipients};
use crate::StoreError;
use crate::item::{Item, partition, text};

impl Recipients {
    /// A user's rows, as they are but for what is only for finding them, so that nothing is left out because this
    /// version cannot read it:
    /// `profile`, `preferences` and `settings` (each `{"user": …, "accounts": {…}}`), `subscriptions` by channel,
    /// `devices`, `limits`, and `other` by sort key where there is any.
    pub async fn export(&self, tenant: &TenantId, user: &UserId) -> Result<Map<String, Value>, StoreError> {
        let pk = partition(tenant, user);
        let rows = self
            .rows(Range {
                condition: "pk = :pk",
                values: &[(":pk", &pk)],
                projection: None,
                consistent: true,
            })
            .await?;
        let mut export = Export::default();
        for row in rows {
            export.add(row)?;
        }
        Ok(export.finish())
    }
}

#[derive(Default)]
struct Export {
    profile: Value,
    preferences: Documents,
    settings: Documents,
    subscriptions: Map<String, Value>,
    devices: Vec<Value>,
    limits: Value,
    other: Map<String, Value>,
}

/// A user's own document, and those of single accounts.
#[derive(Default)]
struct Documents {
    user: Value,
    accounts: Map<String, Value>,
}

impl Export {
    fn add(&mut self, row: Item) -> Result<(), StoreError> {
        let sk = text(&row, "sk").unwrap_or_default().to_owned();
        // Its version is ours, not the user's.
        if sk == "devices" {
            return Ok(());
        }
        if sk == "limits" {
            let counted =
                limits_of(&row).counted.into_iter().filter_map(|one| serde_json::to_value(one).ok());
            self.limits = counted.map(shown).collect();
            return Ok(());
        }
        let mut content = row;
        for name in ["pk", "sk", "tenant_shard", "rev", "purge_at"] {
            content.remove(name);
        }
        let mut content: Map<String, Value> = serde_dynamo::from_item(content)?;
        if let Some(name) = sk.strip_prefix("sub#") {
            self.subscriptions.insert(name.to_owned(), content.into());
        } else if sk.starts_with("device#") {
            self.devices.push(shown(content.into()));
        } else if sk == "profile" {
            parse(&mut content, "attributes");
            self.profile = shown(content.into());
        } else if let Some(account) = of_document(&sk, "prefs") {
            self.preferences.add(account, content.into());
        } else if let Some(account) = of_document(&sk, "settings") {
            parse(&mut content, "text");
            self.settings.add(account, content.remove("text").unwrap_or_default());
        } else {
            self.other.insert(sk, content.into());
        }
        Ok(())
    }

    fn finish(self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("profile".into(), self.profile);
        map.insert("preferences".into(), self.preferences.finish());
        map.insert("settings".into(), self.settings.finish());
        map.insert("subscriptions".into(), self.subscriptions.into());
        map.insert("devices".into(), self.devices.into());
        map.insert("limits".into(), self.limits);
        if !self.other.is_empty() {
            map.insert("other".into(), self.other.into());
        }
        map
    }
}

impl Documents {
    fn add(&mut self, account: Option<&str>, document: Value) {
        match account {
            Some(account) => drop(self.accounts.insert(account.to_owned(), document)),
            None => self.user = document,
        }
    }

    fn finish(self) -> Value {
        serde_json::json!({ "user": self.user, "accounts": self.accounts })
    }
}

/// Whether the sort key is such a document's, and of which account, if of one.
fn of_document<'a>(sk: &'a str, name: &str) -> Option<Option<&'a str>> {
    match sk.strip_prefix(name)? {
        "" => Some(None),
        rest => rest.strip_prefix('@').map(Some),
    }
}

/// Text that is JSON becomes what it says; else it stays text.
fn parse(content: &mut Map<String, Value>, name: &str) {
    let parsed = content.get(name).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    if let Some(parsed) = parsed {
        content.insert(name.to_owned(), parsed);
    }
}

/// Our own times, as everywhere in the API.
fn shown(mut content: Value) -> Value {
    for name in ["at", "created_at", "updated_at", "last_used_at"] {
        if let Some(time) = content.get_mut(name)
            && let Some(millis) = time.as_i64()
        {
            *time = Value::String(Millis(millis).to_string());
        }
    }
    content
}
