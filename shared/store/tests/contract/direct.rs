use carillon_domain::{Delivery, DeliveryState, Millis, PushTarget, Reason, TenantId, Ulid, mint};
use carillon_store::{Claim, DeadNote, Lease, Turn};

use crate::support::{DAY, Fixture, T0, fixture, tenant, user};

const LEASE: Millis = Millis(T0.0 + 30_000);

async fn put(f: &Fixture, target: PushTarget) -> Ulid {
    let ulid = mint(T0);
    f.ledger.put_direct(&f.ann.tenant, [(ulid, &target)], T0).await.unwrap();
    ulid
}

async fn claim(f: &Fixture, ulid: Ulid, attempt: u32, now: Millis) -> Claim<Delivery> {
    let turn = Turn { attempt, enqueued_at: now };
    f.ledger.claim_direct(&f.ann.tenant, ulid, turn, now.plus_seconds(30), now).await.unwrap()
}

async fn conclude(f: &Fixture, ulid: Ulid, attempts: u32, until: Millis, to: &Delivery) -> bool {
    f.ledger.conclude_direct(&f.ann.tenant, ulid, Lease { attempts, until }, to).await.unwrap()
}

async fn read(f: &Fixture, tenant: &TenantId, ulid: Ulid, now: Millis) -> Option<(String, Delivery)> {
    f.ledger.direct(tenant, ulid, now).await.unwrap().map(|found| (found.target, found.delivery))
}

fn delivery(state: DeliveryState, attempts: u32, until: Option<Millis>) -> Delivery {
    Delivery { state, reason: None, attempts, at: T0, until, detail: None, provider_id: None }
}

#[tokio::test]
async fn a_message_waits_and_is_known_for_a_week_to_its_tenant() {
    let f = fixture().await;
    let targets =
        [PushTarget::Token("secret".into()), PushTarget::Topic("news".into()), PushTarget::User(user("ann"))];
    let messages: Vec<_> = targets.iter().map(|target| (mint(T0), target)).collect();
    f.ledger.put_direct(&f.ann.tenant, messages.clone(), T0).await.unwrap();
    let week = T0.plus_seconds(7 * DAY);
    for ((ulid, _), kind) in messages.into_iter().zip(["token", "topic", "user"]) {
        let waiting = (kind.to_owned(), delivery(DeliveryState::Pending, 0, None));
        assert_eq!(read(&f, &f.ann.tenant, ulid, week.plus_seconds(-1)).await, Some(waiting));
        assert_eq!(read(&f, &f.ann.tenant, ulid, week).await, None, "the TTL is late");
        assert_eq!(read(&f, &tenant(), ulid, T0).await, None);
    }
}

#[tokio::test]
async fn it_is_claimed_once_and_concluded_by_its_holder() {
    let f = fixture().await;
    let ulid = put(&f, PushTarget::Token("t".into())).await;
    let held = delivery(DeliveryState::Sending, 1, Some(LEASE));
    assert_eq!(claim(&f, ulid, 0, T0).await, Claim::Taken(held));
    assert_eq!(claim(&f, ulid, 0, T0).await, Claim::Busy(LEASE));
    assert_eq!(claim(&f, ulid, 2, T0).await, Claim::Settled);
    // Putting it again is a repetition, and changes nothing.
    f.ledger.put_direct(&f.ann.tenant, [(ulid, &PushTarget::Token("t".into()))], LEASE).await.unwrap();
    assert_eq!(claim(&f, ulid, 0, T0).await, Claim::Busy(LEASE));

    let again = Delivery { detail: Some("503".into()), ..delivery(DeliveryState::Pending, 1, Some(LEASE)) };
    assert!(!conclude(&f, ulid, 1, LEASE.plus_millis(1), &again).await);
    assert!(conclude(&f, ulid, 1, LEASE, &again).await);
    assert_eq!(claim(&f, ulid, 0, LEASE).await, Claim::Settled, "a late double");
    let Claim::Taken(taken) = claim(&f, ulid, 1, LEASE).await else { unreachable!("not taken") };
    assert_eq!((taken.attempts, taken.detail.as_deref()), (2, Some("503")));
    // Its holder dies; the lease lapses.
    let second = LEASE.plus_seconds(30);
    assert!(matches!(claim(&f, ulid, 1, second).await, Claim::Taken(_)));
    let sent = Delivery { provider_id: Some("p1".into()), ..delivery(DeliveryState::Sent, 2, None) };
    assert!(!conclude(&f, ulid, 2, second, &sent).await, "it came too late");
    assert!(conclude(&f, ulid, 2, second.plus_seconds(30), &sent).await);
    assert_eq!(read(&f, &f.ann.tenant, ulid, T0).await, Some(("token".into(), sent)));
    assert_eq!(claim(&f, ulid, 2, second.plus_seconds(90)).await, Claim::Settled);
}

#[tokio::test]
async fn without_a_row_nothing_is_sent_and_none_is_made() {
    let f = fixture().await;
    let ulid = mint(T0);
    assert_eq!(claim(&f, ulid, 0, T0).await, Claim::Settled);
    assert!(!conclude(&f, ulid, 1, LEASE, &delivery(DeliveryState::Sent, 1, None)).await);
    assert_eq!(read(&f, &f.ann.tenant, ulid, T0).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_claim_at_once_one_has_it() {
    let f = fixture().await;
    let ulid = put(&f, PushTarget::User(user("ann"))).await;
    let claims = futures::future::join_all((0..20).map(|_| claim(&f, ulid, 0, T0))).await;
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Taken(_))).count(), 1);
}

#[tokio::test]
async fn a_letter_to_nobody_is_among_no_users() {
    let f = fixture().await;
    let ulid = mint(T0);
    let note = DeadNote {
        type_key: "direct".into(),
        reason: Reason::Rejected,
        detail: "403".into(),
        attempts: 1,
        failed_at: T0,
    };
    f.ledger.bury_direct(&f.ann.tenant, ulid, &note, "{}").await.unwrap();
    let pk = format!("dead#{}#push", f.ann.tenant);
    let query = f.target.client().query().table_name(f.target.table("Ledger"));
    let query = query.key_condition_expression("pk = :pk");
    let value = aws_sdk_dynamodb::types::AttributeValue::S(pk);
    let rows = query.expression_attribute_values(":pk", value).send().await.unwrap().items.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["sk"].as_s().unwrap(), &format!("{ulid}#@direct"));
    assert_eq!(rows[0]["reason"].as_s().unwrap(), "rejected");
}
