//! What follows from an attempt: no I/O, no clock.

use carillon_domain::{Delivery, DeliveryState, Millis, Reason, RetrySchedule, Ulid};
use carillon_queue::Addressee;
use sha2::{Digest, Sha256};

use crate::outcome::{Failure, Outcome};

/// What there was no time for comes back after so many seconds, and up to as many more, so that not all of it is back at
/// once.
const LATER_SECONDS: u64 = 2;

/// One attempt at one recipient's delivery.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Which notification, or message.
    pub ulid: Ulid,
    /// To whom, with how many were reached before.
    pub addressee: &'a Addressee,
    /// Which attempt; the first is 0.
    pub attempt: u32,
    /// When it is worth nothing any more.
    pub expires_at: Millis,
    /// The delivery as the claim left it.
    pub before: Option<&'a Delivery>,
    /// When it is tried again.
    pub schedule: &'a RetrySchedule,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// It ends so; first with a dead letter for what is left, if it is given up.
    End {
        /// What it becomes.
        to: Delivery,
        /// Why it is given up, and what is left.
        dead: Option<(Failure, Addressee)>,
    },
    /// What is left is enqueued as this attempt, to come after so many seconds; then the row says so.
    Again {
        /// What is left.
        rest: Addressee,
        /// As which attempt it comes back.
        attempt: u32,
        /// After so many seconds.
        wait: i64,
        /// What it becomes then.
        to: Delivery,
    },
}

impl Attempt<'_> {
    /// It need not go out any more, and was not tried.
    #[must_use]
    pub fn not_wanted(&self, reason: Reason, now: Millis) -> Next {
        let base = Delivery { attempts: self.attempt, ..self.base(now) };
        self.skipped(reason, self.addressee, base)
    }

    /// It was tried.
    #[must_use]
    pub fn after(&self, outcome: Outcome, now: Millis) -> Next {
        let base = self.base(now);
        match outcome {
            Outcome::Sent { provider_id, detail } => {
                let provider_id = base.provider_id.or(provider_id);
                let to = Delivery { state: DeliveryState::Sent, detail, provider_id, ..base };
                Next::End { to, dead: None }
            }
            Outcome::Skipped(reason) => self.skipped(reason, self.addressee, base),
            Outcome::Failed(failure) => dead(failure, self.addressee.clone(), base),
            Outcome::Again { rest, failure, provider_id } => {
                let detail = Some(failure.detail.clone());
                let provider_id = base.provider_id.or(provider_id);
                self.again(rest, failure, Delivery { detail, provider_id, ..base }, now)
            }
            Outcome::Later { rest } => {
                let attempt = self.attempt;
                let chance = self.seed() % (LATER_SECONDS + 1);
                let wait = i64::try_from(LATER_SECONDS + chance).unwrap_or(1);
                self.at(rest, attempt, wait, Delivery { attempts: attempt, ..base }, now)
            }
        }
    }

    /// The row's delivery after this attempt, as far as every end has it.
    fn base(&self, now: Millis) -> Delivery {
        Delivery {
            state: DeliveryState::Pending,
            reason: None,
            attempts: self.attempt.saturating_add(1),
            at: now,
            until: None,
            detail: self.before.and_then(|before| before.detail.clone()),
            provider_id: self.before.and_then(|before| before.provider_id.clone()),
        }
    }

    fn skipped(&self, reason: Reason, rest: &Addressee, base: Delivery) -> Next {
        let to = match (&rest.refused, reason) {
            // Somebody has it: that the others need it no more, or never had a device, is no reason.
            _ if rest.reached > 0 => Delivery { state: DeliveryState::Sent, ..base },
            // Nobody has it, and not only because there was no way or no time.
            (Some(refused), reason) if reason != Reason::AlreadyRead => {
                return dead(Failure::new(refused.reason, &refused.detail), rest.clone(), base);
            }
            _ => Delivery { state: DeliveryState::Skipped, reason: Some(reason), ..base },
        };
        Next::End { to, dead: None }
    }

    fn again(&self, rest: Addressee, failure: Failure, base: Delivery, now: Millis) -> Next {
        match self.schedule.next(base.attempts, failure.retry_after, self.seed()) {
            None => dead(failure, rest, base),
            Some(wait) => self.at(rest, base.attempts, wait, base, now),
        }
    }

    /// At a time, unless it is worth nothing by then.
    fn at(&self, rest: Addressee, attempt: u32, wait: i64, base: Delivery, now: Millis) -> Next {
        let at = now.plus_seconds(wait);
        if at >= self.expires_at {
            return self.skipped(Reason::Expired, &rest, base);
        }
        Next::Again { rest, attempt, wait, to: Delivery { until: Some(at), ..base } }
    }

    /// The same whenever this attempt is made and for all recipients, who then come back in one message; another for every
    /// notification and attempt.
    fn seed(&self) -> u64 {
        let hash = Sha256::digest(format!("{}#{}", self.ulid, self.attempt));
        hash.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    }
}

/// Given up; those who were reached before stay reached.
fn dead(failure: Failure, rest: Addressee, base: Delivery) -> Next {
    let detail = Some(failure.detail.clone());
    let to = match rest.reached {
        0 => Delivery { state: DeliveryState::Failed, reason: Some(failure.reason), detail, ..base },
        _ => Delivery { state: DeliveryState::Sent, detail, ..base },
    };
    Next::End { to, dead: Some((failure, rest)) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use carillon_domain::{Address, UserId};

    use super::*;

    #[test]
    fn recipients_of_one_notification_wait_equally_long_and_notifications_do_not() {
        let schedule = RetrySchedule::PUSH;
        let wait = |ulid: u128, user: &str| {
            let (user, address) = (UserId::parse(user).unwrap(), Address::Devices(Vec::new()));
            let addressee =
                Addressee { user, account: None, address, locale: None, reached: 0, refused: None };
            let (ulid, expires_at) = (Ulid::from(ulid), Millis(i64::MAX));
            let this = Attempt {
                ulid,
                addressee: &addressee,
                attempt: 7,
                expires_at,
                before: None,
                schedule: &schedule,
            };
            let failure = Failure::new(Reason::Unavailable, "");
            let again = Outcome::Again { rest: addressee.clone(), failure, provider_id: None };
            match this.after(again, Millis(0)) {
                Next::Again { wait, .. } => wait,
                end => panic!("{end:?}"),
            }
        };
        let users: BTreeSet<i64> = (0..25).map(|n| wait(1, &format!("u{n}"))).collect();
        assert_eq!(users.len(), 1, "{users:?}");
        let notifications: BTreeSet<i64> = (0..25).map(|n| wait(n, "ann")).collect();
        assert!(notifications.len() > 20, "of some 5000 seconds: {notifications:?}");
    }
}
