use carillon_store::{Cancelled, Canceller, Put, Row, Scope};

use crate::support::{T0, fixture, notification, tenant, user};

#[tokio::test]
async fn a_row_comes_back_as_it_was_put() {
    let f = fixture().await;
    let made = notification("ann", Some("work"), T0, T0.plus_seconds(2));
    f.put_as(&made).await;
    let Some(Row::Live(stored)) = f.inbox.get(&f.ann, &made.id).await.unwrap() else { panic!("not there") };
    assert_eq!(*stored, made);
}

#[tokio::test]
async fn a_redelivered_put_stores_once_and_answers_what_is_there() {
    let f = fixture().await;
    let first = notification("ann", None, T0, T0);
    f.put_as(&first).await;
    f.inbox.mark_read(&f.ann, &first.id, T0).await.unwrap();
    let mut again = first.clone();
    again.content.title = "changed".into();
    let Put::Already(stored) = f.inbox.put(&f.ann.tenant, &again).await.unwrap() else {
        panic!("stored twice")
    };
    assert_eq!(stored.content.title, "Hello");
    assert_eq!(stored.read_at, Some(T0));
}

#[tokio::test]
async fn what_was_deleted_does_not_come_back_and_keeps_no_content() {
    let f = fixture().await;
    let made = notification("ann", None, T0, T0);
    let id = f.put_as(&made).await;
    assert!(f.inbox.delete(&f.ann, &id, T0).await.unwrap().is_some());
    assert!(f.inbox.delete(&f.ann, &id, T0).await.unwrap().is_none());
    assert!(matches!(f.inbox.put(&f.ann.tenant, &made).await.unwrap(), Put::Gone));
    assert!(matches!(f.inbox.get(&f.ann, &id).await.unwrap(), Some(Row::Gone(_))));
    assert!(f.inbox.mark_read(&f.ann, &id, T0).await.unwrap().is_none());
    assert!(f.inbox.archive(&f.ann, &id, T0).await.unwrap().is_none());
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    assert!(f.inbox.mark_unread(&f.ann, &id, &marks, T0).await.unwrap().is_none());
    assert_eq!(f.count(&f.ann, T0).await, 0);
    let key = [("pk", format!("{}#ann", f.ann.tenant)), ("sk", format!("n#{}", id.ulid))];
    let mut get = f.target.client().get_item().table_name(f.target.table("Inbox")).consistent_read(true);
    for (name, value) in key {
        get = get.key(name, aws_sdk_dynamodb::types::AttributeValue::S(value));
    }
    let row = get.send().await.unwrap().item.unwrap();
    let mut left: Vec<&str> = row.keys().map(String::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["deleted_at", "pk", "purge_at", "sk"]);
}

#[tokio::test]
async fn cancelling_wins_only_before_the_put() {
    let f = fixture().await;
    let early = notification("ann", None, T0, T0);
    let shop = Canceller { producer: "shop", admin: false };
    let cancel = async |id, now| f.inbox.cancel(&f.ann.tenant, id, &shop, now).await.unwrap();
    assert_eq!(cancel(&early.id, T0).await, Cancelled::At(T0));
    assert_eq!(cancel(&early.id, T0.plus_seconds(9)).await, Cancelled::At(T0), "idempotent");
    assert!(matches!(f.inbox.put(&f.ann.tenant, &early).await.unwrap(), Put::Gone));
    let late = f.put(T0).await;
    assert_eq!(cancel(&late, T0).await, Cancelled::AlreadySent { producer: Some("shop".into()) });
    assert!(matches!(f.inbox.get(&f.ann, &late).await.unwrap(), Some(Row::Live(_))));
}

#[tokio::test]
async fn only_its_own_producer_or_an_admin_keeps_it_from_being_stored() {
    let f = fixture().await;
    let cancel = async |id, producer, admin| {
        f.inbox.cancel(&f.ann.tenant, id, &Canceller { producer, admin }, T0).await.unwrap()
    };
    let others = notification("ann", None, T0, T0);
    assert_eq!(cancel(&others.id, "stranger", false).await, Cancelled::At(T0));
    assert!(matches!(f.inbox.put(&f.ann.tenant, &others).await.unwrap(), Put::Stored));
    let both = notification("ann", None, T0.plus_seconds(1), T0);
    cancel(&both.id, "shop", false).await;
    cancel(&both.id, "stranger", false).await;
    assert!(matches!(f.inbox.put(&f.ann.tenant, &both).await.unwrap(), Put::Gone));
    let by_admin = notification("ann", None, T0.plus_seconds(2), T0);
    cancel(&by_admin.id, "stranger", false).await;
    cancel(&by_admin.id, "admin", true).await;
    assert!(matches!(f.inbox.put(&f.ann.tenant, &by_admin).await.unwrap(), Put::Gone));
}

#[tokio::test]
async fn no_key_reaches_another_tenant_or_user() {
    let f = fixture().await;
    let id = f.put(T0).await;
    let other_tenant = Scope { tenant: tenant(), ..f.ann.clone() };
    let other_user = Scope { user: user("bob"), ..f.ann.clone() };
    for other in [other_tenant, other_user] {
        assert!(f.inbox.get(&other, &id).await.unwrap().is_none());
        assert!(f.inbox.mark_read(&other, &id, T0).await.unwrap().is_none());
        assert!(f.inbox.delete(&other, &id, T0).await.unwrap().is_none());
    }
    assert_eq!(f.count(&f.ann, T0).await, 1);
}
