//! What the template sets for every sender.

use carillon_domain::{Channel, Clock, RetrySchedule, RetryScheduleError};
use carillon_queue::{Later, Queue, Schedules};
use carillon_runtime::{Aws, ConfigError, optional, required};
use carillon_store::{Inbox, Ledger};

use crate::engine::Engine;
use crate::rows::Rows;

/// What a sender's queue is called in the environment.
#[derive(Debug, Clone, Copy)]
pub struct QueueVariables {
    /// Such as `QUEUE_EMAIL_URL`.
    pub url: &'static str,
    /// Such as `QUEUE_EMAIL_ARN`.
    pub arn: &'static str,
    /// Such as `QUEUE_EMAIL_DLQ_ARN`.
    pub dead_letter_arn: &'static str,
}

/// Where a sender's rows and its own queue are, and when something is tried again.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    inbox: String,
    ledger: String,
    url: String,
    arn: String,
    dead_letter_arn: String,
    schedule_group: String,
    schedule_role_arn: String,
    schedule: RetrySchedule,
}

/// A sender cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Something is not set.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nobody can mean such pauses.
    #[error("RETRY_SECONDS: {0}")]
    Schedule(#[from] RetryScheduleError),
}

impl EngineSettings {
    /// Reads the environment. `RETRY_SECONDS`, where it is set, takes the place of the schedule's delays.
    pub fn from_env(queue: QueueVariables, schedule: RetrySchedule) -> Result<Self, SettingsError> {
        Ok(Self {
            inbox: required("TABLE_INBOX")?,
            ledger: required("TABLE_LEDGER")?,
            url: required(queue.url)?,
            arn: required(queue.arn)?,
            dead_letter_arn: required(queue.dead_letter_arn)?,
            schedule_group: required("SCHEDULE_GROUP")?,
            schedule_role_arn: required("SCHEDULE_ROLE_ARN")?,
            schedule: match optional("RETRY_SECONDS") {
                None => schedule,
                Some(seconds) => schedule.with_delays(&seconds)?,
            },
        })
    }
}

impl Engine {
    /// For a channel. What is tried again goes back to the channel's own queue.
    #[must_use]
    pub fn new(aws: &Aws, channel: Channel, settings: EngineSettings, clock: Clock) -> Self {
        let schedules = Schedules {
            client: aws.scheduler(),
            group: settings.schedule_group,
            role_arn: settings.schedule_role_arn,
            queue_arn: settings.arn,
            dead_letter_arn: settings.dead_letter_arn,
        };
        Self {
            inbox: Inbox::new(aws.dynamodb(), settings.inbox),
            ledger: Ledger::new(aws.dynamodb(), settings.ledger),
            retry: Later { queue: Queue::new(aws.sqs(), settings.url), schedules },
            schedule: settings.schedule,
            channel,
            clock,
            rows: Rows::default(),
        }
    }
}
