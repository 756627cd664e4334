use carillon_domain::{Channel, Delivery, DeliveryState, Feedback, Notification, NotificationId, Reason};
use carillon_store::{Claim, Heard, Lease, Report, Row, Turn};

use crate::support::{Fixture, T0, fixture, notification, tenant};

fn delivery(state: DeliveryState, reason: Option<Reason>) -> Delivery {
    let until = (state == DeliveryState::Sending).then_some(T0);
    Delivery { state, reason, attempts: 1, at: T0, until, detail: None, provider_id: None }
}

fn reports() -> Vec<Feedback> {
    let detail = || String::from("code");
    vec![
        Feedback::Sent,
        Feedback::Delivered,
        Feedback::Opened,
        Feedback::Clicked,
        Feedback::Delayed { detail: detail() },
        Feedback::Bounced { hard: false, detail: detail() },
        Feedback::Bounced { hard: true, detail: detail() },
        Feedback::Complained { detail: detail() },
        Feedback::Rejected { detail: detail() },
    ]
}

fn with(email: Delivery) -> Notification {
    let mut one = notification("ann", None, T0, T0);
    one.deliveries.insert(Channel::Email, email);
    one
}

async fn get(f: &Fixture, id: &NotificationId) -> Notification {
    match f.inbox.get(&f.ann, id).await.unwrap() {
        Some(Row::Live(live)) => *live,
        other => unreachable!("{other:?}"),
    }
}

async fn hear(f: &Fixture, id: &NotificationId, feedback: &Feedback) -> Heard {
    let report = Report { feedback, provider_id: "m-1", at: T0.plus_seconds(5) };
    f.inbox.feedback(&f.ann.tenant, id, Channel::Email, report).await.unwrap()
}

/// The domain says what a report makes of a delivery; the conditional writes come to the same.
#[tokio::test]
async fn every_report_makes_of_every_state_what_the_domain_says() {
    let f = fixture().await;
    let reasons = [None, Some(Reason::Complaint), Some(Reason::SoftBounce), Some(Reason::HardBounce)];
    for &state in DeliveryState::ALL {
        for reason in reasons {
            for report in reports() {
                let before = with(delivery(state, reason));
                let id = f.put_as(&before).await;
                let expected = report.after(&before.deliveries[&Channel::Email], "m-1", T0.plus_seconds(5));
                f.target.calls().reset();
                let heard = hear(&f, &id, &report).await;
                let calls = f.target.calls().total();
                let case = (state, reason, &report);
                assert_eq!(heard == Heard::Moved, expected.is_some(), "{case:?}");
                assert!(calls == 1 || (calls == 2 && heard == Heard::Moved), "{case:?}: {calls}");
                let mut all = before.clone();
                all.deliveries.extend(expected.map(|expected| (Channel::Email, expected)));
                assert_eq!(get(&f, &id).await, all, "{case:?}: nothing else is touched");
            }
        }
    }
}

#[tokio::test]
async fn of_what_is_not_there_no_row_is_made() {
    let f = fixture().await;
    let [never, gone] = [0, 1].map(|_| with(delivery(DeliveryState::Sent, None)));
    f.put_as(&gone).await;
    f.inbox.delete(&f.ann, &gone.id, T0).await.unwrap().unwrap();
    let without = f.put(T0).await;
    for report in reports() {
        assert_eq!(hear(&f, &never.id, &report).await, Heard::Nobody);
        assert_eq!(hear(&f, &gone.id, &report).await, Heard::Known);
        assert_eq!(hear(&f, &without, &report).await, Heard::Known, "its type has no such channel");
        let foreign = Report { feedback: &report, provider_id: "m-1", at: T0 };
        let heard = f.inbox.feedback(&tenant(), &without, Channel::InApp, foreign).await.unwrap();
        assert_eq!(heard, Heard::Nobody, "another tenant's is not there");
    }
    assert_eq!(f.inbox.get(&f.ann, &never.id).await.unwrap(), None);
    assert!(matches!(f.inbox.get(&f.ann, &gone.id).await.unwrap(), Some(Row::Gone(_))));
    assert_eq!(get(&f, &without).await.deliveries.len(), 1);
}

#[tokio::test]
async fn a_sender_that_concludes_after_a_report_changes_nothing_and_nobody_sends_again() {
    let f = fixture().await;
    for report in reports() {
        let pending = Delivery { attempts: 0, ..delivery(DeliveryState::Pending, None) };
        let id = f.put_as(&with(pending)).await;
        let lease = Lease { attempts: 1, until: T0.plus_seconds(30) };
        let claim = async |attempt, now| {
            let turn = Turn { attempt, enqueued_at: now };
            f.inbox.claim(&f.ann.tenant, &id, Channel::Email, turn, lease.until, now).await.unwrap()
        };
        assert!(matches!(claim(0, T0).await, Claim::Taken(_)));
        assert_eq!(hear(&f, &id, &report).await, Heard::Moved);
        let heard = get(&f, &id).await;
        // It went out, as far as its sender knows; or it is to be tried again.
        let sent = Delivery { provider_id: Some("m-2".into()), ..delivery(DeliveryState::Sent, None) };
        for to in [sent, delivery(DeliveryState::Pending, None)] {
            let concluded = f.inbox.conclude(&f.ann.tenant, &id, Channel::Email, lease, &to).await.unwrap();
            assert!(!concluded, "{report:?}");
        }
        for (attempt, now) in [(0, lease.until), (1, lease.until)] {
            assert_eq!(claim(attempt, now).await, Claim::Settled, "{report:?}: the provider has it");
        }
        assert_eq!(get(&f, &id).await, heard);
    }
}
