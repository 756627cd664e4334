//! Rules 9 and 10: caps and throttle, and what is counted for them.

use std::collections::BTreeMap;

use super::{Decision, Question};
use crate::quiet::local_day;
use crate::{Category, Channel, Counted, NotificationType, Priority, Reason, ThrottleMode};

/// Which limit is reached.
pub(super) struct Limited {
    pub(super) reason: Reason,
    /// Nothing is stored.
    pub(super) rejected: bool,
}

/// Whether anything would interrupt the recipient, now or later.
fn interrupts(channels: &BTreeMap<Channel, Decision>) -> bool {
    channels.iter().any(|(channel, decision)| match decision {
        Decision::Send | Decision::Defer(_) => *channel != Channel::InApp,
        Decision::Skip(_) => false,
    })
}

impl Question<'_> {
    fn rejects(&self) -> bool {
        self.tenant.throttle.mode == ThrottleMode::Reject
    }

    fn throttles(&self, entry: &NotificationType) -> bool {
        self.content.priority != Priority::Critical && !entry.throttle_exempt
    }

    /// Whether one more is too many. A throttle that rejects looks at everything that would be stored; caps, and a
    /// throttle that mutes, at what would interrupt.
    pub(super) fn limited(
        &self,
        entry: &NotificationType,
        channels: &BTreeMap<Channel, Decision>,
    ) -> Option<Limited> {
        let interrupts = interrupts(channels);
        let limits = &self.recipient.limits;
        if interrupts {
            let (day, week) = self.today();
            let reached = |cap, of: &dyn Fn(&Counted) -> bool| limits.reached(cap, &day, &week, of);
            let by_type =
                entry.frequency_cap.is_some_and(|cap| reached(cap, &|one| one.type_key == entry.key));
            let by_category = self.tenant.category_caps.get(&entry.category);
            if by_type || by_category.is_some_and(|cap| reached(*cap, &|one| one.category == entry.category))
            {
                return Some(Limited { reason: Reason::FrequencyCap, rejected: false });
            }
        }
        let asked = self.throttles(entry) && (interrupts || self.rejects());
        let throttled = asked && limits.throttled(self.tenant.throttle, self.content.priority, self.now);
        throttled.then(|| Limited { reason: Reason::Throttled, rejected: self.rejects() })
    }

    /// What to count, if it counts at all.
    pub(super) fn count(
        &self,
        entry: &NotificationType,
        channels: &BTreeMap<Channel, Decision>,
    ) -> Option<Counted> {
        let interrupts = interrupts(channels);
        let has_cap = |category: Category| self.tenant.category_caps.contains_key(&category);
        let capped = interrupts && (entry.frequency_cap.is_some() || has_cap(entry.category));
        let throttled = self.throttles(entry) && (interrupts || self.rejects());
        if !capped && !throttled {
            return None;
        }
        let (day, week) = self.today();
        Some(Counted {
            ulid: self.ulid,
            at: self.now,
            type_key: entry.key.clone(),
            category: entry.category,
            priority: self.content.priority,
            day,
            week,
            throttled,
            capped,
        })
    }

    fn today(&self) -> (String, String) {
        local_day(&self.recipient.zone(self.tenant), self.now)
    }
}
