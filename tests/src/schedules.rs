//! What is left to EventBridge Scheduler.

use anyhow::{Context as _, Result};
use aws_sdk_scheduler::operation::get_schedule::{GetScheduleError, GetScheduleOutput};
use serde_json::Value;

use crate::{Tenant, eventually};

/// A schedule that stands.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// As AWS describes it.
    pub about: GetScheduleOutput,
    /// What it sends.
    pub input: String,
}

impl Schedule {
    /// The message for dispatch that it sends.
    ///
    /// # Errors
    /// If it is none.
    pub fn message(&self) -> Result<Value> {
        let message: Value = serde_json::from_str(&self.input)?;
        message.get("dispatch.v1").cloned().with_context(|| format!("not for dispatch: {message}"))
    }
}

impl Tenant {
    /// All schedules of this tenant that stand now.
    ///
    /// # Errors
    /// As the scheduler reports.
    pub async fn schedules(&self) -> Result<Vec<Schedule>> {
        let scheduler = &self.aws.scheduler;
        let group = &self.stack.schedules.group;
        let mut pages = scheduler.list_schedules().group_name(group).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(summary) = pages.try_next().await? {
            // Others' may fire meanwhile.
            if let Some(schedule) = self.schedule(summary.name().unwrap_or_default()).await?
                && schedule.input.contains(&format!("\"{}\"", self.id))
            {
                found.push(schedule);
            }
        }
        Ok(found)
    }

    /// Waits until this tenant has exactly so many schedules.
    ///
    /// # Errors
    /// If that does not happen before the deadline.
    pub async fn schedules_of(&self, count: usize) -> Result<Vec<Schedule>> {
        eventually(&format!("{count} schedules of {}", self.id), async || {
            let schedules = self.schedules().await?;
            Ok((schedules.len() == count).then_some(schedules))
        })
        .await
    }

    /// A schedule by its name; none if there is none (any more).
    ///
    /// # Errors
    /// As the scheduler reports.
    pub async fn schedule(&self, name: &str) -> Result<Option<Schedule>> {
        let get = self.aws.scheduler.get_schedule().group_name(&self.stack.schedules.group).name(name);
        match get.send().await {
            Ok(about) => {
                let input = about.target().and_then(|target| target.input()).unwrap_or_default().to_owned();
                Ok(Some(Schedule { about, input }))
            }
            Err(error) => match error.as_service_error() {
                Some(GetScheduleError::ResourceNotFoundException(_)) => Ok(None),
                _ => Err(error.into()),
            },
        }
    }

    /// Brings a schedule forward: it fires at once.
    ///
    /// # Errors
    /// As the scheduler reports.
    pub async fn bring_forward(&self, schedule: &Schedule) -> Result<()> {
        let soon = crate::now().checked_add(jiff::SignedDuration::from_secs(1))?;
        let about = schedule.about.clone();
        self.aws
            .scheduler
            .update_schedule()
            .group_name(&self.stack.schedules.group)
            .set_name(about.name)
            .schedule_expression(format!("at({})", soon.strftime("%Y-%m-%dT%H:%M:%S")))
            .schedule_expression_timezone("UTC")
            .set_flexible_time_window(about.flexible_time_window)
            .set_target(about.target)
            .set_action_after_completion(about.action_after_completion)
            .send()
            .await?;
        Ok(())
    }
}
