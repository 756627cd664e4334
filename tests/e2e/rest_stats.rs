//! The figures of an inbox, right after every change.

use anyhow::Result;
use carillon_tests::Tenant;
use serde_json::{Value, json};

use crate::rest_support::{limited, of_account, stats};

fn figures(total: u64, unread: u64, archived: u64, by_type: &Value) -> Value {
    json!({"total": total, "unread": unread, "archived": archived, "by_type": by_type, "partial": false})
}

#[tokio::test]
async fn figures_are_right_after_every_change() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    assert_eq!(stats(&ann).await?, figures(0, 0, 0, &json!({})));
    for key in ["chat_message", "chat_message", "app_update"] {
        shop.create(&json!({"type": key, "recipient": "ann", "title": "x"})).await?;
    }
    let inbox = ann.inbox_of(3).await?;
    let id = |index: usize| inbox[index]["id"].as_str().unwrap_or_default();
    let all = json!({"chat_message": 2, "app_update": 1});
    assert_eq!(stats(&ann).await?, figures(3, 3, 0, &all));
    ann.act(&ann.path(id(1), "read")).await?.ok()?;
    assert_eq!(stats(&ann).await?, figures(3, 2, 0, &all));
    ann.act(&ann.path(id(2), "archive")).await?.ok()?;
    assert_eq!(stats(&ann).await?, figures(3, 1, 1, &json!({"chat_message": 1, "app_update": 1})));
    ann.act(&ann.path(id(2), "unarchive")).await?.ok()?;
    assert_eq!(stats(&ann).await?, figures(3, 2, 0, &all));
    ann.act("/api/notifications/read-all").await?.ok()?;
    assert_eq!(stats(&ann).await?, figures(3, 0, 0, &all));
    assert_eq!(ann.delete(&ann.path(id(0), "")).await?.status, 204);
    assert_eq!(stats(&ann).await?, figures(2, 0, 0, &json!({"chat_message": 2})));
    assert_eq!(stats(&tenant.user("bob")?).await?, figures(0, 0, 0, &json!({})));
    Ok(())
}

#[tokio::test]
async fn figures_of_an_account_are_that_accounts() -> Result<()> {
    let tenant = Tenant::fresh()?;
    for account in ["work", "work", "home"] {
        of_account(&tenant, account).await?;
    }
    tenant.user("ann")?.inbox_of(3).await?;
    let (work, home) = (limited(&tenant, "work")?, limited(&tenant, "home")?);
    work.act("/api/notifications/read-all").await?.ok()?;
    assert_eq!(stats(&work).await?, figures(2, 0, 0, &json!({"chat_message": 2})));
    assert_eq!(stats(&home).await?, figures(1, 1, 0, &json!({"chat_message": 1})));
    assert_eq!(stats(&tenant.user("ann")?).await?, figures(3, 1, 0, &json!({"chat_message": 3})));
    Ok(())
}
