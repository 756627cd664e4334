use carillon_domain::{Ulid, mint};
use carillon_store::{IdempotencyKey, Noted};

use crate::support::{DAY, T0, fixture, tenant, user};

#[tokio::test]
async fn a_key_is_bound_to_its_body_for_a_day() {
    let f = fixture().await;
    let shop = user("shop");
    let note = async |body: &[u8], ulid: Ulid, now| {
        let key = IdempotencyKey { tenant: &f.ann.tenant, producer: &shop, key: "k1", body };
        f.ledger.note(&key, ulid, now).await.unwrap()
    };
    let (first, second) = (mint(T0), mint(T0));
    assert_eq!(note(b"a", first, T0).await, Noted::New);
    assert_eq!(note(b"a", second, T0).await, Noted::Replay(first));
    assert_eq!(note(b"b", second, T0).await, Noted::OtherBody);
    let later = T0.plus_seconds(DAY);
    assert_eq!(note(b"b", second, later.plus_seconds(-1)).await, Noted::OtherBody);
    assert_eq!(
        note(b"b", second, later).await,
        Noted::New,
        "TTL deletes late: an expired row counts as absent"
    );
    assert_eq!(note(b"b", first, later).await, Noted::Replay(second));
}

#[tokio::test]
async fn a_key_belongs_to_one_tenant_and_producer() {
    let f = fixture().await;
    let (shop, other, elsewhere) = (user("shop"), user("other"), tenant());
    let ulid = mint(T0);
    for (tenant, producer, key) in [
        (&f.ann.tenant, &shop, "k"),
        (&f.ann.tenant, &other, "k"),
        (&elsewhere, &shop, "k"),
        (&f.ann.tenant, &shop, "K"),
    ] {
        let key = IdempotencyKey { tenant, producer, key, body: b"x" };
        assert_eq!(f.ledger.note(&key, ulid, T0).await.unwrap(), Noted::New);
    }
}

#[tokio::test]
async fn of_many_at_once_one_is_new() {
    let f = fixture().await;
    let shop = user("shop");
    let key = IdempotencyKey { tenant: &f.ann.tenant, producer: &shop, key: "k", body: b"x" };
    let notes = (0..20).map(|_| f.ledger.note(&key, mint(T0), T0));
    let outcomes = futures::future::try_join_all(notes).await.unwrap();
    assert_eq!(outcomes.iter().filter(|noted| **noted == Noted::New).count(), 1);
    assert!(!outcomes.contains(&Noted::OtherBody));
}

#[tokio::test]
async fn a_post_that_came_before_is_found_without_noting_anything() {
    let f = fixture().await;
    let shop = user("shop");
    let key = |body| IdempotencyKey { tenant: &f.ann.tenant, producer: &shop, key: "k1", body };
    let found = async |body, now| f.ledger.replayed(&key(body), now).await.unwrap();
    assert_eq!(found(b"a", T0).await, None);
    let first = mint(T0);
    assert_eq!(f.ledger.note(&key(b"a"), first, T0).await.unwrap(), Noted::New);
    assert_eq!(found(b"a", T0).await, Some(first));
    assert_eq!(found(b"b", T0).await, None, "another body is no repetition");
    assert_eq!(found(b"a", T0.plus_seconds(DAY)).await, None);
}
