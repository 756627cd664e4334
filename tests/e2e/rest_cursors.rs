//! Cursors are good for the list only that gave them.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_tests::{Tenant, User, ids, list, text};

use crate::rest_support::{filled, limited};

async fn refused(user: &User, query: &str, cursor: &str) -> Result<()> {
    let answer = user.get(&format!("/api/notifications?{query}&cursor={cursor}")).await?;
    assert_eq!(answer.problem(400, "invalid_cursor")?, Some("cursor"), "{query} {cursor}");
    Ok(())
}

#[tokio::test]
async fn another_users_accounts_views_or_filters_cursor_is_refused() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ann = tenant.user("ann")?;
    filled(&tenant, &ann, 3).await?;
    let query = "limit=1&type=chat_message&priority=high";
    let page = ann.page(&format!("?{query}")).await?;
    let cursor = text(&page, "next_cursor")?;
    for same in [query, "priority=high&type=chat_message&limit=2", "priority=warning&type=chat_message"] {
        ann.page(&format!("?{same}&cursor={cursor}")).await?;
    }
    for stranger in [tenant.user("bob")?, other.user("ann")?, limited(&tenant, "work")?] {
        refused(&stranger, query, cursor).await?;
    }
    for another in [
        "limit=1",
        "limit=1&type=chat_message",
        "limit=1&type=chat_message&priority=high&priority=low",
        "limit=1&type=chat_message&priority=high&archived=true",
        "limit=1&type=chat_message&priority=high&unread_only=true",
        "limit=1&type=chat_message&priority=high&pinned=false",
        "limit=1&type=chat_message&priority=high&since=2020-01-01T00:00:00Z",
    ] {
        refused(&ann, another, cursor).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_altered_or_old_cursor_is_refused() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    filled(&tenant, &ann, 2).await?;
    let page = ann.page("?limit=1").await?;
    let bytes = URL_SAFE_NO_PAD.decode(text(&page, "next_cursor")?)?;
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        refused(&ann, "limit=1", &URL_SAFE_NO_PAD.encode(altered)).await?;
    }
    // As the first version wrote them: the position was not checked.
    let mut old = bytes.clone();
    old[0] = 1;
    refused(&ann, "limit=1", &URL_SAFE_NO_PAD.encode(old)).await?;
    Ok(())
}

#[tokio::test]
async fn a_filtered_list_is_paged_through_once_while_new_ones_come() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut wanted = Vec::new();
    for index in 0..12 {
        let tags = if index % 3 == 0 { "mine" } else { "other" };
        let body =
            serde_json::json!({"type": "chat_message", "recipient": "ann", "title": "x", "tags": [tags]});
        let id = shop.create(&body).await?;
        wanted.extend((tags == "mine").then_some(id));
    }
    ann.inbox_of(12).await?;
    wanted.reverse();
    for view in ["", "&unread_only=true"] {
        let (mut met, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ann.page(&format!("?limit=1&tag=mine{view}{cursor}")).await?;
            met.extend(ids(list(&page, "data")?)?);
            if page["has_more"] == false {
                break;
            }
            cursor = format!("&cursor={}", text(&page, "next_cursor")?);
            shop.notify(&ann, "meanwhile").await?;
        }
        assert_eq!(met, wanted, "{view}");
    }
    Ok(())
}
