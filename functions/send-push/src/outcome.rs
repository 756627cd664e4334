//! What became of a recipient, given what became of each device. Pure.

use carillon_domain::{Address, Device, Reason};
use carillon_queue::{Addressee, Refused};
use carillon_sender::{Failure, Outcome};

use crate::reached::Reached;

/// One device; None: there was no time to begin with it.
pub(crate) type Attempted<'a> = (&'a Device, Option<Reached>);

/// Whoever has one device that was reached has been reached; only those that may still be are tried again.
pub(crate) fn outcome(addressee: &Addressee, attempted: Vec<Attempted<'_>>) -> Outcome {
    let (mut sent, mut provider_id, mut left) = (0_u32, None, Vec::new());
    let (mut passing, mut rejected): (Option<Failure>, Option<Failure>) = (None, None);
    let mut not_taken = Vec::new();
    for (device, reached) in attempted {
        match reached {
            None => left.push(device.clone()),
            Some(Reached::Sent(name)) => {
                sent += 1;
                provider_id = provider_id.or(name);
            }
            Some(Reached::Gone) => {}
            Some(Reached::Retry(failure)) => {
                left.push(device.clone());
                passing = Some(later(passing, failure));
            }
            Some(Reached::Rejected(failure)) => {
                not_taken.push(device.clone());
                rejected = Some(telling(rejected, failure));
            }
        }
    }
    let reached = addressee.reached.saturating_add(sent);
    let rest = |devices, rejected| Addressee {
        address: Address::Devices(devices),
        reached,
        refused: refused(addressee.refused.clone(), rejected, not_taken),
        ..addressee.clone()
    };
    match (passing, rejected) {
        (Some(failure), rejected) => Outcome::Again { rest: rest(left, rejected), failure, provider_id },
        (None, rejected) if !left.is_empty() => Outcome::Later { rest: rest(left, rejected) },
        _ if sent > 0 => Outcome::Sent { provider_id, detail: None },
        (None, Some(failure)) => {
            let before = addressee.refused.as_deref();
            let before = before.map(|refused| Failure::new(refused.reason, &refused.detail));
            Outcome::Failed(telling(before, failure))
        }
        (None, None) => Outcome::Skipped(Reason::NoAddress),
    }
}

/// What was refused before, and now.
fn refused(
    before: Option<Box<Refused>>,
    rejected: Option<Failure>,
    devices: Vec<Device>,
) -> Option<Box<Refused>> {
    let Some(failure) = rejected else { return before };
    let now = Refused { reason: failure.reason, detail: failure.detail, address: Address::Devices(devices) };
    let Some(mut all) = before else { return Some(Box::new(now)) };
    if all.reason == Reason::NotConfigured {
        (all.reason, all.detail) = (now.reason, now.detail);
    }
    if let (Address::Devices(all), Address::Devices(now)) = (&mut all.address, now.address) {
        all.extend(now);
    }
    Some(all)
}

/// Of two, the one that wants us to wait longer: all that are left are tried again together. Who does not say so, wants
/// no more than the schedule has.
fn later(one: Option<Failure>, other: Failure) -> Failure {
    let wants = |failure: &Failure| failure.retry_after.unwrap_or_default();
    match one {
        Some(one) if wants(&one) >= wants(&other) => one,
        Some(_) | None => other,
    }
}

/// Of two, the one that says more: that one of two services is not set up is no news to whoever runs this.
fn telling(one: Option<Failure>, other: Failure) -> Failure {
    match one {
        Some(one) if one.reason != Reason::NotConfigured => one,
        Some(_) | None => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn devices(count: usize) -> Vec<Device> {
        let device =
            |n| json!({"token": format!("t{n}"), "platform": "ios", "created_at": 0, "last_used_at": 0});
        (0..count).map(|n| serde_json::from_value(device(n)).unwrap()).collect()
    }

    fn failure(reason: Reason, retry_after: Option<i64>) -> Failure {
        Failure { reason, detail: reason.to_string(), retry_after }
    }

    fn retry(retry_after: Option<i64>) -> Option<Reached> {
        Some(Reached::Retry(failure(Reason::Unavailable, retry_after)))
    }

    fn rejected(reason: Reason) -> Option<Reached> {
        Some(Reached::Rejected(failure(reason, None)))
    }

    /// Earlier attempts have reached two.
    fn of(reached: Vec<Option<Reached>>) -> Outcome {
        let devices = devices(reached.len());
        let addressee = json!({"user": "ann", "address": Address::Devices(devices.clone()), "reached": 2});
        outcome(&serde_json::from_value(addressee).unwrap(), devices.iter().zip(reached).collect())
    }

    /// The tokens of the rest, and how many were reached.
    fn rest(rest: &Addressee) -> (Vec<&str>, u32) {
        let Address::Devices(devices) = &rest.address else { panic!("{rest:?}") };
        (devices.iter().map(|device| device.address.identity()).collect(), rest.reached)
    }

    fn sent(name: &str) -> Option<Reached> {
        Some(Reached::Sent(Some(name.into())))
    }

    #[test]
    fn one_device_reached_is_enough() {
        let outcome = of(vec![Some(Reached::Gone), sent("a"), sent("b"), rejected(Reason::Rejected)]);
        assert_eq!(outcome, Outcome::Sent { provider_id: Some("a".into()), detail: None });
        assert_eq!(of(vec![Some(Reached::Sent(None))]), Outcome::Sent { provider_id: None, detail: None });
    }

    #[test]
    fn only_what_failed_or_was_not_begun_is_left() {
        let all = vec![
            sent("a"),
            retry(Some(5)),
            Some(Reached::Gone),
            None,
            retry(Some(60)),
            retry(None),
            sent("b"),
        ];
        let Outcome::Again { rest: left, failure, provider_id } = of(all) else { panic!() };
        assert_eq!(rest(&left), (vec!["t1", "t3", "t4", "t5"], 4));
        assert_eq!(failure.retry_after, Some(60), "none is asked before its time");
        assert_eq!(provider_id.as_deref(), Some("a"));
        let Outcome::Later { rest: left } = of(vec![None, sent("a"), None]) else { panic!() };
        assert_eq!(rest(&left), (vec!["t0", "t2"], 3));
    }

    #[test]
    fn what_is_refused_for_good_is_not_tried_again() {
        let Outcome::Again { rest: left, .. } = of(vec![rejected(Reason::Rejected), retry(None)]) else {
            panic!()
        };
        assert_eq!(rest(&left), (vec!["t1"], 2));
        let mixed =
            of(vec![rejected(Reason::NotConfigured), rejected(Reason::TooLarge), Some(Reached::Gone)]);
        assert_eq!(mixed, Outcome::Failed(failure(Reason::TooLarge, None)));
        let alone = of(vec![rejected(Reason::NotConfigured)]);
        assert_eq!(alone, Outcome::Failed(failure(Reason::NotConfigured, None)));
    }

    #[test]
    fn who_asks_for_no_wait_asks_for_none_longer_than_who_does_not_say() {
        let plain = |detail: &str, retry_after| {
            let failure = Failure { reason: Reason::Unavailable, detail: detail.into(), retry_after };
            Some(Reached::Retry(failure))
        };
        for (retry_after, expected) in [(Some(0), "fcm"), (Some(1), "web")] {
            let Outcome::Again { failure, .. } = of(vec![plain("fcm", None), plain("web", retry_after)])
            else {
                panic!()
            };
            assert_eq!(failure.detail, expected);
        }
    }

    #[test]
    fn what_was_refused_is_remembered_while_others_are_tried_again() {
        let Outcome::Again { rest: first, .. } = of(vec![rejected(Reason::NotConfigured), retry(None)])
        else {
            panic!()
        };
        let told = |rest: &Addressee| {
            let refused = rest.refused.as_deref().unwrap();
            let Address::Devices(devices) = &refused.address else { panic!("{refused:?}") };
            (refused.reason, devices.iter().map(|one| one.address.identity().to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(told(&first), (Reason::NotConfigured, vec!["t0".into()]));
        let again = |reached: Vec<Option<Reached>>| {
            let devices = devices(reached.len());
            outcome(&first, devices.iter().zip(reached).collect())
        };
        let Outcome::Later { rest: second } = again(vec![None, rejected(Reason::Rejected)]) else { panic!() };
        assert_eq!(told(&second), (Reason::Rejected, vec!["t0".into(), "t1".into()]));
        let Outcome::Later { rest: same } = again(vec![None]) else { panic!() };
        assert_eq!((same.refused, first.refused.is_some()), (first.refused.clone(), true));
        // What says more goes before what came last.
        let before = Addressee { refused: second.refused, ..first };
        let end = outcome(&before, vec![(&devices(1)[0], rejected(Reason::NotConfigured))]);
        assert_eq!(end, Outcome::Failed(failure(Reason::Rejected, None)));
    }

    #[test]
    fn without_a_device_there_is_no_address() {
        assert_eq!(of(vec![Some(Reached::Gone), Some(Reached::Gone)]), Outcome::Skipped(Reason::NoAddress));
        assert_eq!(of(Vec::new()), Outcome::Skipped(Reason::NoAddress));
    }
}
