use carillon_domain::{Channel, Clock, Millis, NotificationId, Reason, TenantId, UserId, mint};
use carillon_store::{DeadLetter, DeadNote, Erased, Until};

use crate::support::{DAY, T0, fixture, tenant, user};

const CLOCK: Clock = || T0;
const LONG: Until = Until { at: Millis(T0.0 + 1), clock: CLOCK };
const OVER: Until = Until { at: T0, clock: CLOCK };

fn letter(tenant: &TenantId, user: &UserId, channel: Channel) -> DeadLetter {
    let note = DeadNote {
        type_key: "app_update".into(),
        reason: Reason::Unavailable,
        detail: "503".into(),
        attempts: 9,
        failed_at: T0,
    };
    let id = NotificationId { ulid: mint(T0), user: user.clone() };
    DeadLetter { tenant: tenant.clone(), id, channel, note, payload: "{}".into() }
}

#[tokio::test]
async fn a_letter_is_kept_once_for_14_days() {
    let f = fixture().await;
    let first = letter(&f.ann.tenant, &f.ann.user, Channel::Push);
    let read = async |tenant: &TenantId, channel, now| {
        f.ledger.dead_letter(tenant, &first.id, channel, now).await.unwrap()
    };
    assert_eq!(read(&f.ann.tenant, Channel::Push, T0).await, None);
    f.ledger.bury(&first).await.unwrap();
    assert_eq!(read(&f.ann.tenant, Channel::Push, T0).await.as_ref(), Some(&first));
    let again = DeadLetter { payload: "[]".into(), ..first.clone() };
    f.ledger.bury(&again).await.unwrap();
    let last = T0.plus_seconds(14 * DAY - 1);
    assert_eq!(read(&f.ann.tenant, Channel::Push, last).await.as_ref(), Some(&again));
    assert_eq!(read(&f.ann.tenant, Channel::Push, last.plus_seconds(1)).await, None, "the TTL is late");
    assert_eq!(read(&f.ann.tenant, Channel::Email, T0).await, None);
    assert_eq!(read(&tenant(), Channel::Push, T0).await, None);
    let rows = f.ledger.export(&f.ann.tenant, &f.ann.user, None).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].key, format!("dead#push#{}", first.id.ulid));
    assert_eq!(rows[0].fields["reason"], "provider_unavailable");
}

#[tokio::test]
async fn an_erasure_takes_the_users_letters_and_no_others() {
    let f = fixture().await;
    let (tenant, ann, bob) = (&f.ann.tenant, &f.ann.user, user("bob"));
    let mut anns: Vec<DeadLetter> = (0..30).map(|_| letter(tenant, ann, Channel::Push)).collect();
    anns.push(letter(tenant, ann, Channel::Webhook));
    // The same notification, another user.
    let id = NotificationId { ulid: anns[0].id.ulid, user: bob.clone() };
    let bobs = DeadLetter { id, ..letter(tenant, &bob, Channel::Push) };
    for letter in anns.iter().chain([&bobs]) {
        f.ledger.bury(letter).await.unwrap();
    }
    let left = async |letters: &[DeadLetter]| {
        let reads = letters.iter().map(|one| f.ledger.dead_letter(tenant, &one.id, one.channel, T0));
        futures::future::try_join_all(reads).await.unwrap().into_iter().flatten().count()
    };
    assert_eq!(f.ledger.erase(tenant, ann, OVER).await.unwrap(), Erased { rows: 0, complete: false });
    assert_eq!(left(&anns).await, 31);
    assert_eq!(f.ledger.erase(tenant, ann, LONG).await.unwrap(), Erased { rows: 62, complete: true });
    assert_eq!((left(&anns).await, left(&[bobs]).await), (0, 1));
    assert!(f.ledger.export(tenant, ann, None).await.unwrap().rows.is_empty());
}
