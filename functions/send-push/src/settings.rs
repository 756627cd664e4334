//! What the template sets.

use carillon_domain::{RetrySchedule, RetryScheduleError};
use carillon_egress::{Egress, EgressError};
use carillon_runtime::{ConfigError, optional, required};

/// Where FCM is.
const FCM_URL: &str = "https://fcm.googleapis.com";
/// Where topics are.
const FCM_IID_URL: &str = "https://iid.googleapis.com";

/// Where things are, and whom they are sent by.
#[derive(Debug)]
pub(crate) struct Settings {
    /// FCM's base URL.
    pub(crate) fcm_url: String,
    /// Instance ID's base URL.
    pub(crate) fcm_iid_url: String,
    /// The secret with Google's service account.
    pub(crate) fcm_secret: String,
    /// The secret with the key that push services know us by; empty without Web Push.
    pub(crate) vapid_secret: String,
    /// Its public half; empty without Web Push.
    pub(crate) vapid_public_key: String,
    /// Where requests may go.
    pub(crate) egress: Egress,
    /// The tables.
    pub(crate) tables: Tables,
    /// The queue whose messages we work through, for what is tried again.
    pub(crate) queue: PushQueue,
    /// When it is tried again.
    pub(crate) schedule: RetrySchedule,
}

/// Names of tables.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) inbox: String,
    pub(crate) recipients: String,
    pub(crate) ledger: String,
}

/// The queue, and what schedules for it need.
#[derive(Debug)]
pub(crate) struct PushQueue {
    pub(crate) url: String,
    pub(crate) arn: String,
    pub(crate) dead_letter_arn: String,
    pub(crate) schedule_group: String,
    pub(crate) schedule_role_arn: String,
}

/// The function cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// Something is not set.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Loopback is allowed where it must not be.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// Nobody can mean such pauses.
    #[error("RETRY_SECONDS: {0}")]
    Schedule(#[from] RetryScheduleError),
}

impl Settings {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            fcm_url: optional("FCM_URL").unwrap_or_else(|| FCM_URL.to_owned()),
            fcm_iid_url: optional("FCM_IID_URL").unwrap_or_else(|| FCM_IID_URL.to_owned()),
            fcm_secret: required("FCM_SECRET_ID")?,
            vapid_secret: optional("VAPID_SECRET_ID").unwrap_or_default(),
            vapid_public_key: optional("VAPID_PUBLIC_KEY").unwrap_or_default(),
            egress: Egress::from_env()?,
            tables: Tables {
                inbox: required("TABLE_INBOX")?,
                recipients: required("TABLE_RECIPIENTS")?,
                ledger: required("TABLE_LEDGER")?,
            },
            queue: PushQueue {
                url: required("QUEUE_PUSH_URL")?,
                arn: required("QUEUE_PUSH_ARN")?,
                dead_letter_arn: required("QUEUE_PUSH_DLQ_ARN")?,
                schedule_group: required("SCHEDULE_GROUP")?,
                schedule_role_arn: required("SCHEDULE_ROLE_ARN")?,
            },
            schedule: match optional("RETRY_SECONDS") {
                None => RetrySchedule::PUSH,
                Some(seconds) => RetrySchedule::PUSH.with_delays(&seconds)?,
            },
        })
    }
}
