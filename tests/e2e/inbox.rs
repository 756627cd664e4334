//! The inbox by REST.

use anyhow::Result;
use carillon_tests::{Tenant, User, ids, list, text};
use serde_json::json;

/// Posts so many, waits for them, and returns their ids, newest first.
async fn filled(tenant: &Tenant, user: &User, count: usize) -> Result<Vec<String>> {
    let shop = tenant.producer()?;
    for index in 0..count {
        shop.notify(user, &format!("number {index}")).await?;
    }
    ids(&user.inbox_of(count).await?)
}

#[tokio::test]
async fn pages_go_from_newest_to_oldest_and_meet_everything_once() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    filled(&tenant, &ann, 25).await?;
    let (mut titles, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = ann.page(&format!("?limit=10{cursor}")).await?;
        assert_eq!(page["unread_count"], 25);
        let data = list(&page, "data")?;
        sizes.push(data.len());
        for notification in data {
            titles.push(text(notification, "title")?.to_owned());
        }
        if page["has_more"] == false {
            assert_eq!(page["next_cursor"], json!(null));
            break;
        }
        cursor = format!("&cursor={}", text(&page, "next_cursor")?);
    }
    assert_eq!(sizes, [10, 10, 5]);
    let expected: Vec<String> = (0..25).rev().map(|index| format!("number {index}")).collect();
    assert_eq!(titles, expected);
    assert_eq!(list(&ann.page("").await?, "data")?.len(), 20, "the default limit");
    Ok(())
}

#[tokio::test]
async fn what_comes_while_paging_neither_repeats_nor_hides_anything() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let before = filled(&tenant, &ann, 4).await?;
    let first = ann.page("?limit=2").await?;
    tenant.producer()?.notify(&ann, "new").await?;
    ann.inbox_of(5).await?;
    let second = ann.page(&format!("?limit=2&cursor={}", text(&first, "next_cursor")?)).await?;
    let both = [ids(list(&first, "data")?)?, ids(list(&second, "data")?)?].concat();
    assert_eq!(both, before);
    Ok(())
}

#[tokio::test]
async fn bad_cursors_and_limits_are_refused() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    filled(&tenant, &ann, 3).await?;
    let cursor = ann.page("?limit=1").await?;
    let cursor = text(&cursor, "next_cursor")?;
    let bob = tenant.user("bob")?;
    for bad in ["x", "%23", "AAAA", &format!("{cursor}x"), &cursor[..cursor.len() - 1]] {
        let answer = ann.get(&format!("/api/notifications?cursor={bad}")).await?;
        answer.problem(400, "invalid_cursor")?;
    }
    // Another user's cursor shows nothing of that user's.
    let foreign = bob.get(&format!("/api/notifications?cursor={cursor}")).await?;
    if foreign.status == 200 {
        assert_eq!(foreign.body["data"], json!([]));
    } else {
        foreign.problem(400, "invalid_cursor")?;
    }
    for bad in ["0", "101", "-1", "ten"] {
        let answer = ann.get(&format!("/api/notifications?limit={bad}")).await?;
        assert_eq!(answer.problem(422, "invalid_request")?, Some("limit"));
    }
    Ok(())
}

#[tokio::test]
async fn read_and_unread_are_idempotent_and_return_the_notification() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 2).await?;
    let read = ann.act(&ann.path(&all[0], "read")).await?.ok()?;
    assert_eq!((&read["id"], &read["unread"]), (&json!(all[0]), &json!(false)));
    assert!(read["read_at"].is_string(), "{read}");
    assert_eq!(ann.unread().await?, 1);
    assert_eq!(ann.act(&ann.path(&all[0], "read")).await?.ok()?, read, "the second time changes nothing");
    assert_eq!(ids(list(&ann.page("?unread_only=true").await?, "data")?)?, [all[1].clone()]);

    for _ in 0..2 {
        let unread = ann.act(&ann.path(&all[0], "unread")).await?.ok()?;
        assert_eq!((&unread["unread"], &unread["read_at"]), (&json!(true), &json!(null)));
        assert_eq!(ann.unread().await?, 2);
    }
    assert_eq!(ids(list(&ann.page("?unread_only=true").await?, "data")?)?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn archiving_takes_it_out_of_the_list_and_the_count() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 3).await?;
    for _ in 0..2 {
        let archived = ann.act(&ann.path(&all[1], "archive")).await?.ok()?;
        assert!(archived["archived_at"].is_string(), "{archived}");
    }
    assert_eq!(ids(&ann.inbox().await?)?, [all[0].clone(), all[2].clone()]);
    assert_eq!(ids(list(&ann.page("?archived=true").await?, "data")?)?, [all[1].clone()]);
    assert_eq!(ann.unread().await?, 2);
    assert_eq!(ann.get(&ann.path(&all[1], "")).await?.ok()?["id"], json!(all[1]));
    Ok(())
}

#[tokio::test]
async fn bulk_read_skips_what_is_not_the_callers() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, bob) = (tenant.user("ann")?, tenant.user("bob")?);
    let of_ann = filled(&tenant, &ann, 3).await?;
    let of_bob = filled(&tenant, &bob, 1).await?;
    let never = format!("ntf_{}YW5u", ulid::Ulid::generate());
    let wanted = json!({"notification_ids": [of_ann[0], of_bob[0], of_ann[2], never, of_ann[0]]});
    let answer = ann.post("/api/notifications/bulk-read", &wanted).await?.ok()?;
    assert_eq!(answer["updated"], 2, "{answer}");
    assert!(answer["total"].is_number(), "{answer}");
    assert_eq!((ann.unread().await?, bob.unread().await?), (1, 1));
    let again = ann.post("/api/notifications/bulk-read", &wanted).await?.ok()?;
    assert_eq!(again["updated"], 0, "{again}");

    let empty = ann.post("/api/notifications/bulk-read", &json!({"notification_ids": []})).await?;
    assert_eq!(empty.status, 400, "{}", empty.body);
    let many: Vec<_> = std::iter::repeat_n(of_ann[1].clone(), 101).collect();
    let many = ann.post("/api/notifications/bulk-read", &json!({"notification_ids": many})).await?;
    assert!([400, 422].contains(&many.status), "{}: {}", many.status, many.body);
    assert_eq!(ann.unread().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_deleted_notification_is_gone_at_once_and_for_good() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.user("ann")?;
    let all = filled(&tenant, &ann, 2).await?;
    let deleted = ann.delete(&ann.path(&all[0], "")).await?;
    assert_eq!((deleted.status, deleted.body), (204, json!(null)));
    assert_eq!((ids(&ann.inbox().await?)?, ann.unread().await?), (vec![all[1].clone()], 1));
    ann.get(&ann.path(&all[0], "")).await?.problem(404, "not_found")?;
    for action in ["read", "unread", "archive"] {
        ann.act(&ann.path(&all[0], action)).await?.problem(404, "not_found")?;
    }
    assert_eq!(ann.unread().await?, 1, "nothing brings it back");
    // Of its content nothing is kept.
    let rows = format!("{:?}", tenant.rows("Inbox", "ann").await?);
    assert!(rows.contains("number 0") && !rows.contains("number 1"), "{rows}");
    Ok(())
}

#[tokio::test]
async fn an_empty_inbox_is_an_empty_page() -> Result<()> {
    let ann = Tenant::fresh()?;
    let page = ann.user("ann")?.page("").await?;
    let empty = json!({"data": [], "next_cursor": null, "has_more": false, "unread_count": 0});
    assert_eq!(page, empty);
    Ok(())
}
