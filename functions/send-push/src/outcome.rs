//! What became of a recipient, given what became of each device. Pure.

use carillon_domain::{Address, Device, Reason};
use carillon_queue::Addressee;
use carillon_sender::{Failure, Outcome};

use crate::reached::Reached;

/// One device; None: there was no time to begin with it.
pub(crate) type Attempted<'a> = (&'a Device, Option<Reached>);

/// Whoever has one device that was reached has been reached; only those that may still be are tried again.
pub(crate) fn outcome(addressee: &Addressee, attempted: Vec<Attempted<'_>>) -> Outcome {
    let (mut sent, mut provider_id, mut left) = (0_u32, None, Vec::new());
    let (mut passing, mut rejected): (Option<Failure>, Option<Failure>) = (None, None);
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
            Some(Reached::Rejected(failure)) => rejected = Some(telling(rejected, failure)),
        }
    }
    let reached = addressee.reached.saturating_add(sent);
    let rest = |devices| Addressee { address: Address::Devices(devices), reached, ..addressee.clone() };
    match (passing, rejected) {
        (Some(failure), _) => Outcome::Again { rest: rest(left), failure, provider_id },
        (None, _) if !left.is_empty() => Outcome::Later { rest: rest(left) },
        _ if sent > 0 => Outcome::Sent { provider_id },
        (None, Some(failure)) => Outcome::Failed(failure),
        (None, None) => Outcome::Skipped(Reason::NoAddress),
    }
}

/// Of two, the one that wants us to wait longer: all that are left are tried again together.
fn later(one: Option<Failure>, other: Failure) -> Failure {
    match one {
        Some(one) if one.retry_after >= other.retry_after => one,
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
        assert_eq!(outcome, Outcome::Sent { provider_id: Some("a".into()) });
        assert_eq!(of(vec![Some(Reached::Sent(None))]), Outcome::Sent { provider_id: None });
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
    fn without_a_device_there_is_no_address() {
        assert_eq!(of(vec![Some(Reached::Gone), Some(Reached::Gone)]), Outcome::Skipped(Reason::NoAddress));
        assert_eq!(of(Vec::new()), Outcome::Skipped(Reason::NoAddress));
    }
}
