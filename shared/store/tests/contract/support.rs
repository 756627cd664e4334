//! An inbox of a fresh tenant.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use carillon_domain::{
    AccountId, Channel, Decision, Deliveries, Delivery, Millis, Notification, NotificationId, Target,
    TenantId, Ulid, UserId, mint,
};
use carillon_store::{Connections, Filter, Inbox, Ledger, Page, PageQuery, Put, Scope, View};
use carillon_testkit::DynamoTarget;

/// Every test counts from here. It lies ahead, so that a local cloud on the real clock sweeps nothing away by its TTL.
pub(crate) const T0: Millis = Millis(1_893_456_000_000);
pub(crate) const DAY: i64 = 86_400;

pub(crate) struct Fixture {
    pub(crate) target: DynamoTarget,
    pub(crate) inbox: Inbox,
    pub(crate) connections: Connections,
    pub(crate) ledger: Ledger,
    pub(crate) ann: Scope,
}

pub(crate) fn tenant() -> TenantId {
    TenantId::parse(&format!("t{}", Ulid::generate())).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

pub(crate) async fn fixture() -> Fixture {
    let target = DynamoTarget::from_env().await.unwrap();
    let ann = Scope { tenant: tenant(), user: user("ann"), account: None };
    Fixture {
        inbox: Inbox::new(target.client(), target.table("Inbox")),
        connections: Connections::new(target.client(), target.table("Connections")),
        ledger: Ledger::new(target.client(), target.table("Ledger")),
        target,
        ann,
    }
}

/// A notification as dispatch makes it: created at one instant, stored at another.
pub(crate) fn notification(
    user_: &str,
    account_: Option<&str>,
    created: Millis,
    stored: Millis,
) -> Notification {
    let target =
        Target { user: user(user_), account: account_.map(account), org: None, email: None, phone: None };
    let content = serde_json::json!({
        "type": "app_update", "category": "system", "priority": "normal", "title": "Hello", "tags": ["a:1"],
        "data": "{\"n\":1.0}", "expires_at": created.plus_seconds(DAY).0,
    });
    let deliveries =
        Deliveries::from([(Channel::InApp, Delivery::of(Channel::InApp, Decision::Send, stored))]);
    let content = serde_json::from_value(content).unwrap();
    let mut made = Notification::new(mint(created), &target, content, "shop".into(), deliveries);
    made.unread = Some(mint(stored));
    made
}

impl Fixture {
    /// Stores one for ann, created and stored at an instant.
    pub(crate) async fn put(&self, at: Millis) -> NotificationId {
        self.put_as(&notification("ann", None, at, at)).await
    }

    pub(crate) async fn put_as(&self, notification: &Notification) -> NotificationId {
        assert!(matches!(self.inbox.put(&self.ann.tenant, notification).await.unwrap(), Put::Stored));
        notification.id.clone()
    }

    /// Stores many for ann, by few calls; answers with their ids.
    pub(crate) async fn seed(&self, rows: impl Iterator<Item = Notification>) -> Vec<NotificationId> {
        let client = self.target.client();
        let (rows, mut ids): (Vec<Notification>, Vec<_>) = (rows.collect(), Vec::new());
        // What the store adds to a row is the same for all but the key.
        let pattern = self.put_as(&rows[0]).await;
        let id = format!("n#{}", pattern.ulid);
        let pk = format!("{}#{}", self.ann.tenant, self.ann.user);
        let key =
            [("pk", &pk), ("sk", &id)].map(|(name, value)| (name.into(), AttributeValue::S(value.clone())));
        let table = self.target.table("Inbox");
        let get = client.get_item().table_name(&table).set_key(Some(key.into()));
        let pattern = get.send().await.unwrap().item.unwrap();
        for chunk in rows.chunks(20) {
            let puts = chunk.iter().map(|row| {
                let mut item = pattern.clone();
                let own: HashMap<String, AttributeValue> = serde_dynamo::to_item(row).unwrap();
                item.extend(own);
                item.insert("sk".into(), AttributeValue::S(format!("n#{}", row.id.ulid)));
                let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            });
            let call = client.batch_write_item().request_items(&table, puts.collect());
            assert!(call.send().await.unwrap().unprocessed_items.is_none_or(|left| left.is_empty()));
            ids.extend(chunk.iter().map(|row| row.id.clone()));
        }
        ids
    }

    pub(crate) async fn count(&self, scope: &Scope, now: Millis) -> u64 {
        let marks = self.inbox.marks(scope).await.unwrap();
        self.inbox.unread_count(scope, &marks, now).await.unwrap()
    }

    /// The whole list, page by page.
    pub(crate) async fn list(
        &self,
        scope: &Scope,
        view: View,
        limit: usize,
        now: Millis,
    ) -> Vec<NotificationId> {
        self.list_where(scope, view, &Filter::default(), limit, now).await
    }

    /// What of the whole list a filter lets through, page by page.
    pub(crate) async fn list_where(
        &self,
        scope: &Scope,
        view: View,
        filter: &Filter,
        limit: usize,
        now: Millis,
    ) -> Vec<NotificationId> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let query = PageQuery { view, limit, after, filter: filter.clone() };
            let page: Page = self.inbox.page(scope, &query, now).await.unwrap();
            assert!(page.items.len() <= limit);
            all.extend(page.items.into_iter().map(|one| one.id));
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    /// Ann, seen through a token for one account.
    pub(crate) fn ann_at(&self, name: &str) -> Scope {
        Scope { account: Some(account(name)), ..self.ann.clone() }
    }
}
