//! What the tests of the inbox by REST share.

use anyhow::{Context as _, Result};
use carillon_tests::{Row, Socket, Tenant, User, ids};
use serde_json::{Value, json};

/// Posts so many, waits for them, and returns their ids, newest first.
pub(crate) async fn filled(tenant: &Tenant, user: &User, count: usize) -> Result<Vec<String>> {
    let shop = tenant.producer()?;
    for index in 0..count {
        shop.notify(user, &format!("number {index}")).await?;
    }
    ids(&user.inbox_of(count).await?)
}

/// Posts one of an account of Ann's.
pub(crate) async fn of_account(tenant: &Tenant, account: &str) -> Result<String> {
    let recipient = json!({"user_id": "ann", "account_id": account});
    let body = json!({"type": "chat_message", "recipient": recipient, "title": account});
    tenant.producer()?.create(&body).await
}

/// Ann with a token limited to one account.
pub(crate) fn limited(tenant: &Tenant, account: &str) -> Result<User> {
    tenant.user_with("ann", |claims| claims["account"] = json!(account))
}

/// Nothing came that nobody waited for.
pub(crate) async fn heard_nothing_else(devices: &mut [Socket]) -> Result<()> {
    for device in devices {
        let came = device.came().await?;
        anyhow::ensure!(came.is_empty(), "{came:?}");
    }
    Ok(())
}

/// The stored row of a notification.
pub(crate) async fn row(tenant: &Tenant, user: &str, id: &str) -> Result<Row> {
    let sk = format!("n#{}", &id[4..30]);
    let rows = tenant.rows("Inbox", user).await?;
    let own = |row: &Row| row.get("sk").and_then(|sk| sk.as_s().ok()) == Some(&sk);
    rows.into_iter().find(own).with_context(|| format!("no row of {id}"))
}

/// The figures.
pub(crate) async fn stats(user: &User) -> Result<Value> {
    user.get("/api/notifications/stats").await?.ok()
}
