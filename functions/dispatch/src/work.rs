//! What dispatch works with, and what one recipient comes to.

use carillon_domain::{
    Channel, Clock, Delivery, DeliveryState, Millis, NotificationType, Question, Recipient, Round, Target,
    TenantTypes, UserId, Verdict, decide,
};
use carillon_queue::{Addressee, Dispatch, FallForward, Later, Queue};
use carillon_store::{CatalogCache, Inbox, Ledger, Recipients};

/// Everything a batch needs.
pub(crate) struct Dispatcher {
    pub(crate) inbox: Inbox,
    pub(crate) recipients: Recipients,
    pub(crate) ledger: Ledger,
    pub(crate) catalog: CatalogCache,
    pub(crate) dispatch: Later,
    pub(crate) realtime: Queue,
    pub(crate) queues: Queues,
    pub(crate) clock: Clock,
}

/// The channels' queues.
pub(crate) struct Queues {
    pub(crate) push: Queue,
    pub(crate) email: Queue,
    pub(crate) sms: Queue,
    /// Slack's too: both are a POST to a URL.
    pub(crate) webhook: Queue,
}

/// What is left to do for a recipient.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Todo {
    /// Tell the live connections; with the devices to fall forward to, if none takes it.
    pub(crate) post: Option<(Target, Option<FallForward>)>,
    /// Hand to the channels' senders.
    pub(crate) jobs: Vec<(Channel, Addressee)>,
    /// Decide again then.
    pub(crate) later: Option<(Millis, Target)>,
    /// The recipient's language.
    pub(crate) locale: Option<String>,
    /// Whether it is in the inbox.
    pub(crate) stored: bool,
    /// Whether it was there before: the user may have dealt with it.
    pub(crate) repeated: bool,
}

/// A message with what it is decided by.
pub(crate) struct Work<'a> {
    pub(crate) message: &'a Dispatch,
    pub(crate) types: &'a TenantTypes,
    pub(crate) entry: Option<&'a NotificationType>,
}

impl Work<'_> {
    pub(crate) fn decide(
        &self,
        target: &Target,
        recipient: &Recipient,
        round: Round,
        now: Millis,
    ) -> Verdict {
        decide(&Question {
            entry: self.entry,
            channels: &self.message.channels,
            ulid: self.message.ulid,
            content: &self.message.content,
            target,
            requested: self.message.requested.as_deref(),
            unmet: &self.message.unmet,
            recipient,
            tenant: &self.types.settings,
            round,
            now,
        })
    }

    /// Whether everything the tenant held on the user was erased after this was posted: it must not come back.
    pub(crate) fn erased(&self, recipient: &Recipient) -> bool {
        recipient.erased_at.is_some_and(|at| at >= self.message.accepted_at)
    }

    /// What the verdict and the stored deliveries leave to do. The row is the truth: a redelivery hands on what it says,
    /// whatever would be decided now.
    pub(crate) fn todo<'d>(
        &self,
        target: &Target,
        recipient: &Recipient,
        verdict: &Verdict,
        deliveries: impl Iterator<Item = (&'d Channel, &'d Delivery)>,
    ) -> Todo {
        let locale = recipient.profile.as_ref().and_then(|profile| profile.locale.clone());
        let mut todo = Todo { stored: true, locale: locale.clone(), ..Todo::default() };
        let mut fall_forward = None;
        for (&channel, delivery) in deliveries {
            match (delivery.state, delivery.until) {
                (DeliveryState::Deferred, Some(until)) => todo.later = Some((until, target.clone())),
                (DeliveryState::Pending, _) if channel == Channel::Push && verdict.push_when_offline => {
                    let (devices, locale) = (recipient.devices.clone(), locale.clone());
                    fall_forward = Some(FallForward { devices, locale });
                }
                (DeliveryState::Pending, _) => todo.jobs.extend(job(channel, target, recipient)),
                _ => {}
            }
        }
        if verdict.post {
            todo.post = Some((target.clone(), fall_forward));
        } else if fall_forward.is_some() {
            todo.jobs.extend(job(Channel::Push, target, recipient));
        }
        todo
    }
}

/// None where the address is gone since the decision: the delivery stays pending, and says so.
pub(crate) fn job(channel: Channel, target: &Target, recipient: &Recipient) -> Option<(Channel, Addressee)> {
    let address = recipient.address(channel, target)?;
    let (user, account): (UserId, _) = (target.user.clone(), target.account.clone());
    let locale = recipient.profile.as_ref().and_then(|profile| profile.locale.clone());
    Some((channel, Addressee { user, account, address, locale, reached: 0, refused: None }))
}
