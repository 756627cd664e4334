//! What a provider says later of what it took, and what that makes of a delivery.
//!
//! Reports come late, twice and in any order, and the sender may not have noted yet that the provider took it. So each says
//! which states it may follow, and what stands in the end is the same in whatever order they came: a hard bounce goes
//! before all else, then opened, delivered, a soft bounce, sent; a complaint is a reason beside the state.

use crate::DeliveryState::{self, Bounced, Delivered, Failed, Opened, Pending, Sending, Sent};
use crate::{Delivery, Millis, Reason};

/// One report. Details are the provider's own codes, never an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feedback {
    /// The provider took it.
    Sent,
    /// The recipient's server took it.
    Delivered,
    /// The recipient opened it.
    Opened,
    /// The recipient followed a link in it.
    Clicked,
    /// It is tried again by the provider.
    Delayed {
        /// Why.
        detail: String,
    },
    /// The recipient's server did not take it, or gave it back.
    Bounced {
        /// For good: the address is not to be used again.
        hard: bool,
        /// Why.
        detail: String,
    },
    /// The recipient called it spam.
    Complained {
        /// As what.
        detail: String,
    },
    /// The provider took it and then refused to send it.
    Rejected {
        /// Why.
        detail: String,
    },
}

/// A step that a report asks for, where the delivery is in one of some states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The states it follows.
    pub from: &'static [DeliveryState],
    /// Whether it follows a soft bounce too. Without a reason of its own it takes that one away.
    pub after_soft_bounce: bool,
    /// Whether it only follows where nothing has a reason: no complaint.
    pub without_reason: bool,
    /// What it becomes; None: it stays what it is.
    pub to: Option<DeliveryState>,
    /// Why.
    pub reason: Option<Reason>,
}

/// Whatever a provider says of it, it has it: also where its sender died, or heard nothing and waits to try again.
const NOT_NOTED: &[DeliveryState] = &[Pending, Sending];
const ON_ITS_WAY: &[DeliveryState] = &[Pending, Sending, Sent];
const UNOPENED: &[DeliveryState] = &[Pending, Sending, Sent, Delivered];
const TAKEN: &[DeliveryState] = &[Sent, Delivered, Opened];
const ANY: &[DeliveryState] = &[Pending, Sending, Sent, Delivered, Opened];

const fn to(from: &'static [DeliveryState], to: DeliveryState) -> Move {
    Move { from, after_soft_bounce: false, without_reason: false, to: Some(to), reason: None }
}

/// Where there is no reason yet, or one that this may take the place of.
const fn because(reason: Reason, step: Move) -> Move {
    Move { without_reason: true, reason: Some(reason), ..step }
}

/// It came after all, or answered by itself: an out-of-office note is a soft bounce to SES.
const fn after_all(state: DeliveryState) -> Move {
    Move { after_soft_bounce: true, ..to(&[], state) }
}

impl Feedback {
    /// In the order in which they are tried: at most one fits.
    #[must_use]
    pub fn moves(&self) -> &'static [Move] {
        match self {
            Self::Sent => const { &[to(NOT_NOTED, Sent)] },
            Self::Delivered => const { &[to(ON_ITS_WAY, Delivered), after_all(Delivered)] },
            Self::Opened | Self::Clicked => const { &[to(UNOPENED, Opened), after_all(Opened)] },
            Self::Delayed { .. } => const { &[Move { without_reason: true, ..to(ON_ITS_WAY, Sent) }] },
            Self::Bounced { hard: false, .. } => {
                const { &[because(Reason::SoftBounce, to(ON_ITS_WAY, Bounced))] }
            }
            Self::Bounced { hard: true, .. } => {
                const { &[Move { reason: Some(Reason::HardBounce), after_soft_bounce: true, ..to(ANY, Bounced) }] }
            }
            // Who complains has it.
            Self::Complained { .. } => {
                const {
                    &[
                        Move { to: None, ..because(Reason::Complaint, to(TAKEN, Sent)) },
                        Move { after_soft_bounce: true, ..because(Reason::Complaint, to(NOT_NOTED, Sent)) },
                    ]
                }
            }
            Self::Rejected { .. } => const { &[because(Reason::Rejected, to(ON_ITS_WAY, Failed))] },
        }
    }

    /// The provider's own code.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Sent | Self::Delivered | Self::Opened | Self::Clicked => None,
            Self::Delayed { detail }
            | Self::Bounced { detail, .. }
            | Self::Complained { detail }
            | Self::Rejected { detail } => Some(detail),
        }
    }

    /// Whether the state is reached when this happened. The others only tell that it was reached before.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        !matches!(self, Self::Delayed { .. } | Self::Complained { .. })
    }

    /// What it makes of a delivery; None if it says nothing new.
    #[must_use]
    pub fn after(&self, before: &Delivery, provider_id: &str, at: Millis) -> Option<Delivery> {
        let step = self.moves().iter().find(|step| step.fits(before.state, before.reason))?;
        let kept = if step.clears() { None } else { before.reason };
        let kept_detail = before.detail.as_deref().filter(|_| !step.clears());
        Some(Delivery {
            state: step.to.unwrap_or(before.state),
            reason: step.reason.or(kept),
            attempts: before.attempts,
            at: if self.is_dated() { at } else { before.at },
            until: None,
            detail: self.detail().or(kept_detail).map(str::to_owned),
            provider_id: before.provider_id.clone().or_else(|| Some(provider_id.to_owned())),
        })
    }
}

impl Move {
    /// Whether it follows this.
    #[must_use]
    pub fn fits(&self, state: DeliveryState, reason: Option<Reason>) -> bool {
        let soft = state == Bounced && reason == Some(Reason::SoftBounce);
        let plain = self.from.contains(&state) && (reason.is_none() || !self.without_reason);
        plain || (self.after_soft_bounce && soft)
    }

    /// Whether it takes the reason away that is there.
    #[must_use]
    pub fn clears(&self) -> bool {
        self.after_soft_bounce && self.reason.is_none()
    }
}

#[cfg(test)]
#[path = "feedback_tests.rs"]
mod tests;
