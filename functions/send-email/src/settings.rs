//! What the template sets.

use carillon_domain::RetrySchedule;
use carillon_email::{Domains, DomainsError};
use carillon_runtime::{ConfigError, optional, required};
use carillon_sender::{EngineSettings, QueueVariables};

/// The queue whose messages we work through, for what is tried again.
const QUEUE: QueueVariables =
    QueueVariables { url: "QUEUE_EMAIL_URL", arn: "QUEUE_EMAIL_ARN", dead_letter_arn: "QUEUE_EMAIL_DLQ_ARN" };

/// Where things are, and whom emails are from.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Whom emails are from where the tenant does not say.
    pub(crate) from: Sources,
    /// The secret that links to unsubscribe are signed with.
    pub(crate) unsubscribe_secret: String,
    /// The table of types and suppressions.
    pub(crate) catalog: String,
    /// The table of recipients.
    pub(crate) recipients: String,
    /// SES's, whose events come back; empty: none do.
    pub(crate) configuration_set: Option<String>,
    /// What every sender has.
    pub(crate) engine: EngineSettings,
}

/// Whom emails are from, and where their links lead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// The deployment's address; empty: tenants need their own.
    pub(crate) default_from: String,
    /// Which domains tenants may send from.
    pub(crate) domains: Domains,
    /// Where people reach us, without a `/` at the end.
    pub(crate) public_url: String,
}

/// The function cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// Something is not set.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody can mean such grants.
    #[error("EMAIL_DOMAINS: {0}")]
    Domains(#[from] DomainsError),
    /// What every sender has is not there.
    #[error(transparent)]
    Engine(#[from] carillon_sender::SettingsError),
}

impl Settings {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            from: Sources {
                default_from: optional("EMAIL_FROM").unwrap_or_default(),
                domains: Domains::parse(&optional("EMAIL_DOMAINS").unwrap_or_default())?,
                public_url: required("PUBLIC_URL")?.trim_end_matches('/').to_owned(),
            },
            unsubscribe_secret: required("UNSUBSCRIBE_SECRET_ID")?,
            catalog: required("TABLE_CATALOG")?,
            recipients: required("TABLE_RECIPIENTS")?,
            configuration_set: optional("CONFIGURATION_SET"),
            engine: EngineSettings::from_env(QUEUE, RetrySchedule::EMAIL)?,
        })
    }
}
