//! What goes out, and why not: one pure function. The rules are applied in the order of `docs/deciding.md`.

mod address;
mod consent;
mod limit;

pub use address::Address;
pub use consent::{consents, may_subscribe};

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use ulid::Ulid;

use crate::quiet::{Quiet, quiet, zone};
use crate::{
    Category, Channel, Content, Counted, Millis, NotificationType, Priority, PushPolicy, QuietAction, Reason,
    Recipient, Target, TenantSettings, Window,
};

/// What was decided for one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes out.
    Send,
    /// It does not, and this is why.
    Skip(Reason),
    /// It is decided again then.
    Defer(Millis),
}

/// Which decision of a notification this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// The first: it is counted.
    First,
    /// The first once more, for a message that came again: it was counted then.
    Repeated,
    /// After a deferral: it was counted then.
    Again,
}

/// Everything a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The registry entry; none if the tenant has removed it since the post.
    pub entry: Option<&'a NotificationType>,
    /// The type's channels at the post, for when there is no entry.
    pub channels: &'a [Channel],
    /// Which notification.
    pub ulid: Ulid,
    /// What it says.
    pub content: &'a Content,
    /// To whom, with addresses for this notification only.
    pub target: &'a Target,
    /// The request's channels: they narrow the type's.
    pub requested: Option<&'a [Channel]>,
    /// Channels whose condition the request does not meet.
    pub unmet: &'a [Channel],
    /// What is known of the recipient.
    pub recipient: &'a Recipient,
    /// What the tenant set.
    pub tenant: &'a TenantSettings,
    /// First, or after a deferral.
    pub round: Round,
    /// When.
    pub now: Millis,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Every channel of the type. Unless `in_app` is `Send`, nothing is stored.
    pub channels: BTreeMap<Channel, Decision>,
    /// Whether live connections are told.
    pub post: bool,
    /// Whether push, where it is `Send`, waits for whether a live connection takes it.
    pub push_when_offline: bool,
    /// What to count before anything goes out.
    pub count: Option<Counted>,
}

impl Verdict {
    fn all(channels: &[Channel], reason: Reason) -> Self {
        let channels = channels.iter().map(|&channel| (channel, Decision::Skip(reason))).collect();
        Self { channels, post: false, push_when_offline: false, count: None }
    }

    /// Whether it belongs into the inbox.
    #[must_use]
    pub fn stored(&self) -> bool {
        self.channels.get(&Channel::InApp) == Some(&Decision::Send)
    }

    /// The instant it is decided again, if any channel waits. All that wait, wait for the same.
    #[must_use]
    pub fn until(&self) -> Option<Millis> {
        self.channels.values().find_map(|decision| match decision {
            Decision::Defer(until) => Some(*until),
            Decision::Send | Decision::Skip(_) => None,
        })
    }
}

impl Recipient {
    /// Where their clock is: the preferences' zone, else the profile's, else the tenant's, else UTC.
    #[must_use]
    pub fn zone(&self, tenant: &TenantSettings) -> TimeZone {
        let own =
            self.preferences.iter().find_map(|preferences| preferences.timezone.as_deref().and_then(zone));
        let profile = || self.profile.as_ref()?.timezone.as_deref().and_then(zone);
        own.or_else(profile).or_else(|| tenant.timezone.as_deref().and_then(zone)).unwrap_or(TimeZone::UTC)
    }
}

/// Decides every channel of the type.
#[must_use]
pub fn decide(question: &Question<'_>) -> Verdict {
    // 1. The type is known and enabled.
    let Some(entry) = question.entry.filter(|entry| entry.enabled) else {
        let channels = question.entry.map_or(question.channels, |entry| &entry.channels);
        return Verdict::all(channels, Reason::TypeDisabled);
    };
    // 3. What the recipient does not want at all. (2 never removes in_app, so it can wait.)
    if let Some(reason) = question.unwanted(entry) {
        return Verdict::all(&entry.channels, reason);
    }
    let mut channels: BTreeMap<Channel, Decision> = entry
        .channels
        .iter()
        .map(|&channel| (channel, question.channel(entry, channel).map_or(Decision::Send, Decision::Skip)))
        .collect();
    // 9., 10. Once per notification.
    let fresh = question.round == Round::First && !question.recipient.limits.has(question.ulid);
    if fresh && let Some(limited) = question.limited(entry, &channels) {
        if limited.rejected {
            return Verdict::all(&entry.channels, limited.reason);
        }
        interrupting(&mut channels, |_| Decision::Skip(limited.reason));
    }
    // 11.
    if let Some(decision) = question.quieted(entry) {
        interrupting(&mut channels, |_| decision);
    }
    let post = question.layers().all(|(_, preferences)| {
        preferences.and_then(|it| it.types.get(&entry.key)).and_then(|it| it.in_app_enabled) != Some(false)
    });
    let count = if fresh { question.count(entry, &channels) } else { None };
    // 12. is settled by whoever posts to the connections.
    let push_when_offline =
        post && entry.push_policy == PushPolicy::WhenOffline && question.round != Round::Again;
    Verdict { channels, post, push_when_offline, count }
}

/// Changes what would go out on the interrupting channels.
fn interrupting(channels: &mut BTreeMap<Channel, Decision>, to: impl Fn(Channel) -> Decision) {
    for (channel, decision) in channels {
        if *channel != Channel::InApp && *decision == Decision::Send {
            *decision = to(*channel);
        }
    }
}

impl Question<'_> {
    /// Rules 1 (expiry), 2 and 4 to 8 for one channel: why it does not go out.
    fn channel(&self, entry: &NotificationType, channel: Channel) -> Option<Reason> {
        if channel == Channel::InApp {
            return None;
        }
        if self.content.expires_at <= self.now {
            return Some(Reason::Expired);
        }
        if self.requested.is_some_and(|wanted| !wanted.contains(&channel)) {
            return Some(Reason::NotRequested);
        }
        if self.unmet.contains(&channel) {
            return Some(Reason::ConditionNotMet);
        }
        if !self.switched_on(channel) {
            return Some(Reason::ChannelDisabled);
        }
        if entry.category == Category::Marketing && !self.consents(entry, channel) {
            return Some(Reason::NoConsent);
        }
        if self.switched_off_for_type(entry, channel) {
            return Some(Reason::ChannelDisabledForType);
        }
        self.filtered(channel).or_else(|| self.unreachable(channel))
    }

    /// Rule 11: what becomes of the interrupting channels.
    fn quieted(&self, entry: &NotificationType) -> Option<Decision> {
        if self.content.priority == Priority::Critical || entry.bypass_quiet_hours {
            return None;
        }
        let window = entry.quiet_hours.or_else(|| self.own_window())?;
        let until = match quiet(window, &self.recipient.zone(self.tenant), self.now) {
            Quiet::No => return None,
            _ if self.tenant.quiet_hours == QuietAction::Drop => {
                return Some(Decision::Skip(Reason::QuietHours));
            }
            Quiet::Until(until) if until < self.content.expires_at => return Some(Decision::Defer(until)),
            Quiet::Until(_) | Quiet::Always => Reason::Expired,
        };
        Some(Decision::Skip(until))
    }

    /// The first document that has quiet hours decides, also by having them disabled.
    fn own_window(&self) -> Option<Window> {
        let preferences = self.recipient.preferences.iter().map(|it| it.quiet_hours.as_ref());
        let settings = self.recipient.settings.iter().map(|it| it.quiet_hours.as_ref());
        let first = preferences.chain(settings).flatten().next()?;
        first.enabled.then_some(Window { start: first.start, end: first.end })
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
