//! Changes made over the socket: acked to who made them, told to the user's others, and to nobody else.

use anyhow::Result;
use carillon_tests::{Producer, Socket, Tenant, User, ids, text};
use serde_json::{Value, json};

/// Posts so many, waits until all devices have them, and returns the ids, oldest first.
async fn post(shop: &Producer, ann: &User, count: usize, devices: &mut [&mut Socket]) -> Result<Vec<String>> {
    let mut posted = Vec::new();
    for index in 0..count {
        let id = shop.notify(ann, &format!("number {index}")).await?;
        for device in devices.iter_mut() {
            device.expect_where("notification", |data| data["id"] == json!(id)).await?;
        }
        posted.push(id);
    }
    Ok(posted)
}

async fn counted(device: &mut Socket) -> Result<Value> {
    Ok(device.ask(json!({"action": "get_unread_count"})).await?["count"].clone())
}

#[tokio::test]
async fn every_change_is_acked_here_and_told_there() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let (mut phone, mut laptop) = (ann.connect().await?, ann.connect().await?);
    let posted = post(&shop, &ann, 4, &mut [&mut phone, &mut laptop]).await?;
    let one = |action: &str| json!({"action": action, "notification_id": posted[0]});

    let ack = phone.ask(one("mark_read")).await?;
    assert_eq!(laptop.expect("notification_read").await?["read_at"], ack["read_at"]);
    assert_eq!(counted(&mut laptop).await?, 3);

    phone.ask(one("mark_unread")).await?;
    assert_eq!(laptop.expect("notification_unread").await?["notification_id"], json!(posted[0]));
    assert_eq!(counted(&mut laptop).await?, 4);
    assert_eq!(ann.get(&ann.path(&posted[0], "")).await?.ok()?["read_at"], Value::Null);

    let ack = phone.ask(one("archive")).await?;
    assert_eq!(laptop.expect("notification_archived").await?["archived_at"], ack["archived_at"]);
    assert_eq!(counted(&mut laptop).await?, 3);
    assert_eq!(ids(&ann.inbox().await?)?, [&*posted[3], &*posted[2], &*posted[1]]);

    let two = json!([posted[2], posted[1], posted[2]]);
    let ack = phone.ask(json!({"action": "bulk_read", "notification_ids": two})).await?;
    assert_eq!((&ack["updated"], &ack["total"]), (&json!(2), &json!(2)), "each id once");
    let told = laptop.expect("notifications_bulk_read").await?;
    assert_eq!(told["notification_ids"], json!([posted[2], posted[1]]));
    assert_eq!(counted(&mut laptop).await?, 1);

    let ack = phone.ask(json!({"action": "read_all"})).await?;
    let told = laptop.expect("notifications_read_all").await?;
    assert_eq!((&told["read_at"], &told["account_id"]), (&ack["read_at"], &Value::Null));
    assert_eq!((counted(&mut laptop).await?, ann.unread().await?), (json!(0), 0));
    let named = |frame: &Value| frame["event"].as_str().is_some_and(|event| event.starts_with("notif"));
    assert!(!phone.came().await?.iter().any(named), "who did it is acked, not echoed");
    assert!(!laptop.came().await?.iter().any(named), "and the others are told once");
    Ok(())
}

#[tokio::test]
async fn what_is_so_already_is_acked_and_told_to_nobody() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let (mut phone, mut laptop) = (ann.connect().await?, ann.connect().await?);
    let posted = post(&shop, &ann, 1, &mut [&mut phone, &mut laptop]).await?;
    let id = &posted[0];
    let told = [("mark_read", "notification_read"), ("archive", "notification_archived")];
    for (action, event) in told {
        let first = phone.ask(json!({"action": action, "notification_id": id})).await?;
        laptop.expect(event).await?;
        let again = phone.ask(json!({"action": action, "notification_id": id})).await?;
        for time in ["read_at", "archived_at"] {
            assert_eq!(again.get(time), first.get(time), "{action}");
        }
    }
    let bulk = phone.ask(json!({"action": "bulk_read", "notification_ids": [id]})).await?;
    assert_eq!((&bulk["updated"], &bulk["total"]), (&json!(0), &json!(1)));
    phone.ask(json!({"action": "read_all"})).await?;
    assert_eq!(laptop.came().await?, [] as [Value; 0]);
    Ok(())
}

#[tokio::test]
async fn anothers_notifications_are_not_found_and_stay_as_they_are() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, bob, shop) = (tenant.user("ann")?, tenant.user("bob")?, tenant.producer()?);
    let (mut hers, mut his) = (ann.connect().await?, bob.connect().await?);
    let bobs = post(&shop, &bob, 1, &mut [&mut his]).await?;
    let anns = post(&shop, &ann, 1, &mut [&mut hers]).await?;
    for action in ["mark_read", "mark_unread", "archive"] {
        for id in [&*bobs[0], "ntf_", "7"] {
            let error = hers.refused(json!({"action": action, "notification_id": id})).await?;
            assert_eq!(error["code"], "not_found", "{action} {id}");
        }
    }
    let both = json!([bobs[0], anns[0]]);
    let ack = hers.ask(json!({"action": "bulk_read", "notification_ids": both})).await?;
    assert_eq!((&ack["updated"], &ack["total"]), (&json!(1), &json!(2)));
    hers.ask(json!({"action": "read_all"})).await?;
    assert_eq!((bob.unread().await?, his.came().await?.len()), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_list_of_ids_is_one_to_a_hundred_of_them() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut device = ann.connect().await?;
    let id = post(&shop, &ann, 1, &mut [&mut device]).await?.remove(0);
    for bad in [json!([]), json!(vec![&id; 101]), json!([id, "no id"]), json!([7]), json!(id), Value::Null] {
        let error = device.refused(json!({"action": "bulk_read", "notification_ids": bad})).await?;
        assert_eq!(error["code"], "invalid_request");
        assert!(text(&error, "detail")?.contains("notification_ids"), "{error}");
    }
    assert_eq!(ann.unread().await?, 1, "nothing of a list that is refused was done");
    let ack = device.ask(json!({"action": "bulk_read", "notification_ids": vec![&id; 100]})).await?;
    assert_eq!((&ack["updated"], &ack["total"]), (&json!(1), &json!(1)));
    Ok(())
}

#[tokio::test]
async fn an_account_is_told_of_its_own_and_reads_no_other() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let work = tenant.user_with("ann", |claims| claims["account"] = json!("work"))?;
    let (mut phone, mut limited, mut laptop) =
        (ann.connect().await?, work.connect().await?, ann.connect().await?);
    let mut posted = Vec::new();
    for account in ["work", "home", "work"] {
        let recipient = json!({"user_id": "ann", "account_id": account});
        let body = json!({"type": "chat_message", "recipient": recipient, "title": account});
        posted.push(shop.create(&body).await?);
    }
    ann.inbox_of(3).await?;
    phone.ask(json!({"action": "bulk_read", "notification_ids": [posted[0], posted[1]]})).await?;
    assert_eq!(limited.expect("notifications_bulk_read").await?["notification_ids"], json!([posted[0]]));
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(laptop.expect("notifications_bulk_read").await?["notification_ids"].clone());
    }
    told.sort_by_key(Value::to_string);
    let mut each = [json!([posted[0]]), json!([posted[1]])];
    each.sort_by_key(Value::to_string);
    assert_eq!(told, each, "an event an account");
    let error = limited.refused(json!({"action": "mark_unread", "notification_id": posted[1]})).await?;
    assert_eq!(error["code"], "not_found");

    phone.ask(json!({"action": "mark_unread", "notification_id": posted[1]})).await?;
    limited.ask(json!({"action": "read_all"})).await?;
    for device in [&mut phone, &mut laptop] {
        assert_eq!(device.expect("notifications_read_all").await?["account_id"], "work");
    }
    assert_eq!((work.unread().await?, ann.unread().await?), (0, 1));
    laptop.ask(json!({"action": "read_all"})).await?;
    for device in [&mut phone, &mut limited] {
        assert_eq!(device.expect("notifications_read_all").await?["account_id"], Value::Null);
    }
    assert!(limited.all("notification_unread").await?.is_empty(), "nothing of the other account");
    Ok(())
}

#[tokio::test]
async fn a_change_by_rest_reaches_every_connection() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let (ann, shop) = (tenant.user("ann")?, tenant.producer()?);
    let mut bobs = tenant.user("bob")?.connect().await?;
    let (mut phone, mut laptop) = (ann.connect().await?, ann.connect().await?);
    let posted = post(&shop, &ann, 1, &mut [&mut phone, &mut laptop]).await?;
    let table = [
        ("read", "notification_read"),
        ("unread", "notification_unread"),
        ("archive", "notification_archived"),
    ];
    for (action, event) in table {
        ann.act(&ann.path(&posted[0], action)).await?.ok()?;
        for device in [&mut phone, &mut laptop] {
            assert_eq!(device.expect(event).await?["notification_id"], json!(posted[0]));
        }
    }
    assert!(bobs.came().await?.is_empty());
    Ok(())
}
