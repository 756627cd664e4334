//! A look behind the scenes: rows and queues of the local cloud, as its root.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use carillon_testkit::{Stack, sdk_config};

/// A row as it is stored.
pub type Row = HashMap<String, AttributeValue>;

/// Clients of the local cloud.
#[derive(Debug, Clone)]
pub struct Aws {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// EventBridge Scheduler.
    pub scheduler: aws_sdk_scheduler::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    tables: BTreeMap<String, String>,
}

impl Aws {
    /// Clients of this stack.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        let config = sdk_config(&stack.aws_endpoint_url);
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            scheduler: aws_sdk_scheduler::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            tables: stack.tables.clone(),
        }
    }

    /// A table's physical name.
    ///
    /// # Errors
    /// If the stack names no such table.
    pub fn table(&self, name: &str) -> Result<&str> {
        self.tables.get(name).map(String::as_str).with_context(|| format!("stack.json has no table {name}"))
    }

    /// All rows of a partition.
    ///
    /// # Errors
    /// As DynamoDB reports.
    pub async fn rows(&self, table: &str, partition: &str) -> Result<Vec<Row>> {
        let query = self.dynamodb.query().table_name(self.table(table)?).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
        Ok(query.consistent_read(true).into_paginator().items().send().try_collect().await?)
    }

    /// Writes rows as they are.
    ///
    /// # Errors
    /// As DynamoDB reports.
    pub async fn put(&self, table: &str, row: Row) -> Result<()> {
        self.dynamodb.put_item().table_name(self.table(table)?).set_item(Some(row)).send().await?;
        Ok(())
    }

    /// Messages of a queue that wait, and that somebody has received and not deleted.
    ///
    /// # Errors
    /// As SQS reports.
    pub async fn depth(&self, queue: &str) -> Result<(u64, u64)> {
        let waiting = QueueAttributeName::ApproximateNumberOfMessages;
        let in_flight = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let attributes = self.sqs.get_queue_attributes().queue_url(queue);
        let attributes =
            attributes.attribute_names(waiting.clone()).attribute_names(in_flight.clone()).send().await?;
        let attributes = attributes.attributes.unwrap_or_default();
        let number =
            |name| Ok::<_, anyhow::Error>(attributes.get(name).context("no such attribute")?.parse()?);
        Ok((number(&waiting)?, number(&in_flight)?))
    }
}
