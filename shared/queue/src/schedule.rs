//! Messages for later: SQS delays what is due within 15 minutes, EventBridge Scheduler keeps the rest.

use std::fmt::Write as _;

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use carillon_domain::{Millis, causes};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::send::{MAX_DELAY_SECONDS, Outgoing, Queue, QueueError};

/// How long after its time a message may come where nobody waits for the minute: a million quiet hours that end at
/// seven then do not all end at once.
const SPREAD_MINUTES: i32 = 5;

/// Most bytes of a message in a schedule: EventBridge Scheduler takes 256 KB with all else that is in it.
const INPUT_BYTES: usize = 200_000;

/// Where and as whom schedules are made.
#[derive(Debug, Clone)]
pub struct Schedules {
    /// The service.
    pub client: Client,
    /// The group all are in.
    pub group: String,
    /// The role that may send to the queue.
    pub role_arn: String,
    /// The queue they send to.
    pub queue_arn: String,
    /// Where a message goes that the scheduler could not send for a day.
    pub dead_letter_arn: String,
}

/// How exactly a message must come at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Punctuality {
    /// Within its minute.
    Exact,
    /// Within some minutes after.
    Relaxed,
}

/// A queue whose messages may be for later.
#[derive(Debug, Clone)]
pub struct Later {
    /// The queue.
    pub queue: Queue,
    /// For what is later than SQS can delay.
    pub schedules: Schedules,
}

impl Later {
    /// Sends a message so that it comes at `at`. `name` names the schedule, should there be one: the same name is the
    /// same schedule, so doing this again is harmless. What is too large for a schedule comes as late as the queue can
    /// delay it, which is early: whoever takes it sends it again until it is time.
    pub async fn send<M: Serialize>(
        &self,
        message: &M,
        at: Millis,
        now: Millis,
        name: &[&str],
        punctuality: Punctuality,
    ) -> Result<(), QueueError> {
        let delay =
            (at.0 - now.0).max(0).div_euclid(1000) + i64::from(at.0 > now.0 && (at.0 - now.0) % 1000 != 0);
        if delay <= MAX_DELAY_SECONDS {
            return self.queue.send(Outgoing::new(message, delay)?).await;
        }
        let longest = Outgoing::new(message, MAX_DELAY_SECONDS)?;
        let body = verbatim(longest.body());
        if body.len() > INPUT_BYTES {
            return self.queue.send(longest).await;
        }
        self.schedules.create(body, at, &schedule_name(name), punctuality).await
    }
}

/// 32 hexadecimal digits of SHA-256 over the parts.
fn schedule_name(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// `at(2026-11-21T12:00:00)`, in UTC, on the second that is not before the instant.
fn expression(at: Millis) -> String {
    let shown = Millis((at.0 + 999).div_euclid(1000) * 1000).to_string();
    format!("at({})", shown.get(..19).unwrap_or(&shown))
}

/// The scheduler puts its own values in the place of `<aws.scheduler.…>`. In JSON, `<` is only ever inside a string, where
/// an escape says the same.
fn verbatim(json: &str) -> String {
    json.replace('<', "\\u003c")
}

impl Schedules {
    async fn create(
        &self,
        body: String,
        at: Millis,
        name: &str,
        punctuality: Punctuality,
    ) -> Result<(), QueueError> {
        let failed = |detail: String| QueueError::Call { operation: "CreateSchedule", detail };
        let window = match punctuality {
            Punctuality::Exact => FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off),
            Punctuality::Relaxed => FlexibleTimeWindow::builder()
                .mode(FlexibleTimeWindowMode::Flexible)
                .maximum_window_in_minutes(SPREAD_MINUTES),
        };
        let dead_letters = DeadLetterConfig::builder().arn(&self.dead_letter_arn).build();
        let target = Target::builder()
            .arn(&self.queue_arn)
            .role_arn(&self.role_arn)
            .input(body)
            .dead_letter_config(dead_letters)
            .build();
        let created = self
            .client
            .create_schedule()
            .name(name)
            .group_name(&self.group)
            .schedule_expression(expression(at))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window.build().map_err(|error| failed(error.to_string()))?)
            .target(target.map_err(|error| failed(error.to_string()))?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .send()
            .await;
        match created {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // It is there already: this is a repetition.
                Some(CreateScheduleError::ConflictException(_)) => Ok(()),
                _ => Err(failed(causes(&error))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_expressions_are_what_the_scheduler_takes() {
        let name = schedule_name(&["acme", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]);
        assert_eq!(name.len(), 32);
        assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(schedule_name(&["ab", "c"]), schedule_name(&["a", "bc"]));
        assert_eq!(expression(Millis(1_700_000_000_000)), "at(2023-11-14T22:13:20)");
        assert_eq!(expression(Millis(1_700_000_000_001)), "at(2023-11-14T22:13:21)");
    }

    #[test]
    fn the_scheduler_finds_nothing_to_replace() {
        let said = serde_json::json!({"title": "<aws.scheduler.attempt-number> & \u{3c}b>"});
        let sent = verbatim(&said.to_string());
        assert!(!sent.contains('<'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&sent).unwrap(), said);
    }
}
