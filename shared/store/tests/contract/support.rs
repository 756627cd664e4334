//! An inbox of a fresh tenant.

use carillon_domain::{
    AccountId, Channel, Decision, Deliveries, Delivery, Millis, Notification, NotificationId, Target,
    TenantId, Ulid, UserId, mint,
};
use carillon_store::{Connections, Inbox, Ledger, Page, PageQuery, Put, Scope, View};
use carillon_testkit::DynamoTarget;

/// Some instant; every test counts from here.
pub(crate) const T0: Millis = Millis(1_700_000_000_000);
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
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page: Page = self.inbox.page(scope, &PageQuery { view, limit, after }, now).await.unwrap();
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
