//! What a tenant and a user keep about a recipient, and what of it a decision reads.

mod app_settings;
mod device;
mod merge;
mod preferences;
mod profile;
mod profile_input;
mod register;
mod said;
mod silence;
mod subscription;

pub use app_settings::AppSettings;
pub use device::{Device, DeviceAddress, Platform};
pub use preferences::{Digest, Frequency, Preferences, QuietHours, TypePreference};
pub use profile::Profile;
pub use profile_input::BulkProfiles;
pub use register::Unregister;
pub use silence::Silence;
pub use subscription::Subscription;

use std::collections::BTreeMap;

use crate::{Channel, Limits, Millis};

/// Everything a decision knows about a recipient: one query's worth of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    /// What the tenant says about the user.
    pub profile: Option<Profile>,
    /// The account's document first, if the notification is of an account that has one, then the user's.
    pub preferences: Vec<Preferences>,
    /// The apps' settings documents, in the same order.
    pub settings: Vec<AppSettings>,
    /// By channel.
    pub subscriptions: BTreeMap<Channel, Subscription>,
    /// At most 50.
    pub devices: Vec<Device>,
    /// What was counted against caps and throttle.
    pub limits: Limits,
    /// Everything the tenant held on the user was erased then; what was posted before must not come back.
    pub erased_at: Option<Millis>,
}
