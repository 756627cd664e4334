use carillon_store::{Row, View};

use crate::support::{T0, fixture, notification};

#[tokio::test]
async fn read_unread_and_archive_change_the_count_at_once_and_are_idempotent() {
    let f = fixture().await;
    let id = f.put(T0).await;
    assert_eq!(f.count(&f.ann, T0).await, 1);
    let read = f.inbox.mark_read(&f.ann, &id, T0).await.unwrap().unwrap();
    assert!(read.changed);
    assert_eq!(f.count(&f.ann, T0).await, 0);
    let again = f.inbox.mark_read(&f.ann, &id, T0.plus_seconds(5)).await.unwrap().unwrap();
    assert!(!again.changed);
    assert_eq!(again.notification.read_at, Some(T0), "the first reading counts");
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    let unread =
        async || f.inbox.mark_unread(&f.ann, &id, &marks, T0.plus_seconds(9)).await.unwrap().unwrap();
    assert!(unread().await.changed);
    assert!(!unread().await.changed);
    assert_eq!(f.count(&f.ann, T0).await, 1);
    let archive = async || f.inbox.archive(&f.ann, &id, T0).await.unwrap().unwrap();
    assert!(archive().await.changed);
    assert!(!archive().await.changed);
    assert_eq!(f.count(&f.ann, T0).await, 0);
}

#[tokio::test]
async fn an_answer_shows_what_the_row_now_is() {
    let f = fixture().await;
    let id = f.put(T0).await;
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    for step in 0..4 {
        let change = match step {
            0 => f.inbox.mark_read(&f.ann, &id, T0).await,
            1 => f.inbox.mark_unread(&f.ann, &id, &marks, T0).await,
            2 => f.inbox.archive(&f.ann, &id, T0).await,
            _ => f.inbox.mark_unread(&f.ann, &id, &marks, T0).await,
        };
        let Some(Row::Live(stored)) = f.inbox.get(&f.ann, &id).await.unwrap() else { panic!("gone") };
        assert_eq!(*stored, change.unwrap().unwrap().notification, "step {step}");
    }
}

#[tokio::test]
async fn an_archived_one_keeps_whether_it_was_read_and_never_counts() {
    let f = fixture().await;
    let id = f.put(T0).await;
    let archived = f.inbox.archive(&f.ann, &id, T0).await.unwrap().unwrap();
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    assert!(!archived.notification.is_read(&marks));
    f.inbox.mark_read(&f.ann, &id, T0).await.unwrap();
    let unread = f.inbox.mark_unread(&f.ann, &id, &marks, T0).await.unwrap().unwrap();
    assert!(unread.changed);
    assert!(!unread.notification.is_read(&marks));
    assert_eq!(f.count(&f.ann, T0).await, 0);
    assert_eq!(f.list(&f.ann, View::Archived, 5, T0).await, [id]);
}

#[tokio::test]
async fn a_token_for_one_account_changes_only_that_accounts_rows() {
    let f = fixture().await;
    let work = f.put_as(&notification("ann", Some("work"), T0, T0)).await;
    let home = f.put_as(&notification("ann", Some("home"), T0, T0)).await;
    let at_work = f.ann_at("work");
    assert_eq!(f.count(&at_work, T0).await, 1);
    assert!(f.inbox.get(&at_work, &home).await.unwrap().is_none());
    assert!(f.inbox.mark_read(&at_work, &home, T0).await.unwrap().is_none());
    assert!(f.inbox.archive(&at_work, &home, T0).await.unwrap().is_none());
    assert!(f.inbox.delete(&at_work, &home, T0).await.unwrap().is_none());
    assert!(f.inbox.mark_read(&at_work, &work, T0).await.unwrap().unwrap().changed);
    assert_eq!(f.count(&f.ann, T0).await, 1);
    assert_eq!(f.list(&at_work, View::Current, 5, T0).await, [work]);
}

#[tokio::test]
async fn marking_read_is_one_call() {
    let f = fixture().await;
    let id = f.put(T0).await;
    f.target.calls().reset();
    f.inbox.mark_read(&f.ann, &id, T0).await.unwrap();
    assert_eq!(f.target.calls().total(), 1);
}
