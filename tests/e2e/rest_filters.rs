//! Narrowing a list.

use anyhow::Result;
use carillon_tests::{Tenant, User, list, text};
use serde_json::{Value, json};

/// Five kinds, and their titles, newest first.
async fn filled(tenant: &Tenant, ann: &User) -> Result<Vec<Value>> {
    let shop = tenant.producer()?;
    let posts = [
        ("chat_message", "high", json!(["exec:1", "red"])),
        ("chat_message", "low", json!(["exec:2", "red", "blue"])),
        ("invoice_created", "low", json!([])),
        ("execution_failed", "critical", json!(["entity:execution", "blue"])),
        ("app_update", "normal", json!(["red"])),
    ];
    for (index, (key, priority, tags)) in posts.into_iter().enumerate() {
        let title = index.to_string();
        let body =
            json!({"type": key, "recipient": ann.id, "title": title, "priority": priority, "tags": tags});
        shop.create(&body).await?;
    }
    ann.inbox_of(5).await
}

/// The titles of what a query brings, as one word.
async fn titles(ann: &User, query: &str) -> Result<String> {
    let page = ann.page(query).await?;
    list(&page, "data")?.iter().map(|one| text(one, "title")).collect()
}

#[tokio::test]
async fn each_filter_and_all_of_them_together() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann).await?;
    let cases = [
        ("", "43210"),
        ("?type=chat_message", "10"),
        ("?type=chat_message&type=app_update", "410"),
        ("?type=unheard_of", ""),
        ("?priority=low", "21"),
        ("?priority=low&priority=alert", "321"),
        ("?tag=red", "410"),
        ("?tag=red&tag=blue", "1"),
        ("?exclude_tag=red", "32"),
        ("?exclude_tag=red&exclude_tag=blue", "2"),
        ("?tag=red&exclude_tag=blue", "40"),
        ("?tag=re", ""),
        ("?tag_prefix=exec:", "10"),
        ("?tag_prefix=e", "310"),
        ("?tag_prefix=red", "410"),
        ("?pinned=false", "43210"),
        ("?pinned=true", ""),
        ("?type=chat_message&priority=low&tag_prefix=exec:&exclude_tag=exec:1", "1"),
        ("?since=2020-01-01T00:00:00%2B02:00", "43210"),
        ("?since=2099-01-01T00:00:00Z", ""),
    ];
    for (query, expected) in cases {
        assert_eq!(titles(&ann, query).await?, expected, "{query}");
        assert_eq!(ann.page(query).await?["unread_count"], 5, "{query}: of the inbox, not of the list");
    }
    let since = text(&all[2], "created_at")?;
    let from_then: String = all
        .iter()
        .filter(|one| one["created_at"].as_str() >= Some(since))
        .filter_map(|one| one["title"].as_str())
        .collect();
    assert_eq!(titles(&ann, &format!("?since={since}")).await?, from_then);
    Ok(())
}

#[tokio::test]
async fn a_filter_narrows_the_unread_and_the_archived_too() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann).await?;
    ann.act(&ann.path(text(&all[0], "id")?, "read")).await?.ok()?;
    for archived in [1, 4] {
        ann.act(&ann.path(text(&all[archived], "id")?, "archive")).await?.ok()?;
    }
    let cases = [
        ("?unread_only=true&tag=red", "1"),
        ("?unread_only=true&priority=low", "21"),
        ("?unread_only=true&tag_prefix=exec:&type=chat_message", "1"),
        ("?archived=true&tag=red", "0"),
        ("?archived=true&type=execution_failed", "3"),
        ("?archived=true&exclude_tag=red", "3"),
        ("?tag=red", "41"),
    ];
    for (query, expected) in cases {
        assert_eq!(titles(&ann, query).await?, expected, "{query}");
        assert_eq!(ann.page(query).await?["unread_count"], 2, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_filter_is_refused_and_named() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let long = format!("tag={}", "x".repeat(129));
    let many: String = (0..33).map(|index| format!("&exclude_tag=t{index}")).collect();
    let cases = [
        ("priority=loud", "priority"),
        ("since=yesterday", "since"),
        ("since=1700000000", "since"),
        ("pinned=1", "pinned"),
        ("archived=yes", "archived"),
        ("tag=", "tag"),
        ("type=", "type"),
        ("tag_prefix=", "tag_prefix"),
        (&long, "tag"),
        (&many, "exclude_tag"),
        ("colour=red", "colour"),
        ("unread_only=true&archived=true", "unread_only"),
    ];
    for (query, field) in cases {
        let answer = ann.get(&format!("/api/notifications?{query}")).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some(field), "{query}");
    }
    Ok(())
}
