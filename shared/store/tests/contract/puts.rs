use carillon_store::{Cancelled, Put, Row, Scope};

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
    let cancel = async |id, now| f.inbox.cancel(&f.ann.tenant, id, now).await.unwrap();
    assert_eq!(cancel(&early.id, T0).await, Cancelled::At(T0));
    assert_eq!(cancel(&early.id, T0.plus_seconds(9)).await, Cancelled::At(T0), "idempotent");
    assert!(matches!(f.inbox.put(&f.ann.tenant, &early).await.unwrap(), Put::Gone));
    let late = f.put(T0).await;
    assert_eq!(cancel(&late, T0).await, Cancelled::AlreadySent { producer: Some("shop".into()) });
    assert!(matches!(f.inbox.get(&f.ann, &late).await.unwrap(), Some(Row::Live(_))));
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
