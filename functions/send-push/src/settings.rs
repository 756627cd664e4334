//! What the template sets.

use carillon_domain::RetrySchedule;
use carillon_egress::{Egress, EgressError};
use carillon_runtime::{ConfigError, optional, required};
use carillon_sender::{EngineSettings, QueueVariables};

/// Where FCM is.
const FCM_URL: &str = "https://fcm.googleapis.com";
/// Where topics are.
const FCM_IID_URL: &str = "https://iid.googleapis.com";
/// The queue whose messages we work through, for what is tried again.
const QUEUE: QueueVariables =
    QueueVariables { url: "QUEUE_PUSH_URL", arn: "QUEUE_PUSH_ARN", dead_letter_arn: "QUEUE_PUSH_DLQ_ARN" };

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
    /// The table of devices.
    pub(crate) recipients: String,
    /// What every sender has.
    pub(crate) engine: EngineSettings,
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
    /// What every sender has is not there.
    #[error(transparent)]
    Engine(#[from] carillon_sender::SettingsError),
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
            recipients: required("TABLE_RECIPIENTS")?,
            engine: EngineSettings::from_env(QUEUE, RetrySchedule::PUSH)?,
        })
    }
}
