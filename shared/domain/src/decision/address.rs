//! Rule 8: whether there is somewhere to send to.

use serde::{Deserialize, Serialize};

use super::Question;
use crate::{Channel, Device, Reason, Recipient, Target};

/// Where a channel's message goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// Every device.
    Devices(Vec<Device>),
    /// An email address.
    Email(String),
    /// An E.164 number.
    Phone(String),
    /// A webhook's or Slack's URL.
    Url(String),
}

impl Recipient {
    /// Where a channel's message goes. A contact given with the notification goes before the profile's, whose email must
    /// not be known to be unverified.
    #[must_use]
    pub fn address(&self, channel: Channel, target: &Target) -> Option<Address> {
        let profile = self.profile.as_ref();
        match channel {
            Channel::InApp => None,
            Channel::Push if self.devices.is_empty() => None,
            Channel::Push => Some(Address::Devices(self.devices.clone())),
            Channel::Email => {
                let verified = profile.filter(|it| it.email_verified != Some(false));
                let known = verified.and_then(|it| it.email.as_ref());
                target.email.as_ref().or(known).cloned().map(Address::Email)
            }
            Channel::Sms => {
                let known = profile.and_then(|it| it.phone.as_ref());
                target.phone.as_ref().or(known).cloned().map(Address::Phone)
            }
            Channel::Webhook | Channel::Slack => {
                self.subscriptions.get(&channel)?.url.clone().map(Address::Url)
            }
        }
    }
}

impl Question<'_> {
    /// Whether an address is suppressed is not known here: two recipients may share one. Its sender asks, at the last moment.
    pub(super) fn unreachable(&self, channel: Channel) -> Option<Reason> {
        self.recipient.address(channel, self.target).is_none().then_some(Reason::NoAddress)
    }
}
