//! What the template sets.

use carillon_domain::RetrySchedule;
use carillon_runtime::{ConfigError, optional, required};
use carillon_sender::{EngineSettings, QueueVariables};

use crate::price::is_price;

/// The queue whose messages we work through, for what is tried again.
const QUEUE: QueueVariables =
    QueueVariables { url: "QUEUE_SMS_URL", arn: "QUEUE_SMS_ARN", dead_letter_arn: "QUEUE_SMS_DLQ_ARN" };

/// Where things are.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Whether the deployment sends SMS at all: each costs money.
    pub(crate) enabled: bool,
    /// The most that a message may cost, in US dollars, whatever a tenant says.
    pub(crate) max_price_usd: Option<String>,
    /// The table of types and suppressions.
    pub(crate) catalog: String,
    /// What every sender has.
    pub(crate) engine: EngineSettings,
}

/// The function cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// Something is not set.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Without a ceiling it would start as if none was wanted.
    #[error("SMS_MAX_PRICE_USD: {0:?} is no number of dollars such as 0.50, more than 0")]
    Price(String),
    /// What every sender has is not there.
    #[error(transparent)]
    Engine(#[from] carillon_sender::SettingsError),
}

impl Settings {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            enabled: optional("SMS_ENABLED").is_some_and(|value| value == "true"),
            max_price_usd: ceiling(optional("SMS_MAX_PRICE_USD"))?,
            catalog: required("TABLE_CATALOG")?,
            engine: EngineSettings::from_env(QUEUE, RetrySchedule::SMS)?,
        })
    }
}

fn ceiling(text: Option<String>) -> Result<Option<String>, SettingsError> {
    text.map(|text| if is_price(&text) { Ok(text) } else { Err(SettingsError::Price(text)) }).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_that_is_none_stops_it() {
        assert!(matches!(ceiling(None), Ok(None)));
        assert_eq!(ceiling(Some("0.50".into())).unwrap().as_deref(), Some("0.50"));
        assert!(matches!(ceiling(Some("0".into())), Err(SettingsError::Price(_))));
    }
}
