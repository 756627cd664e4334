//! What was handed to the channels' senders, read from the deployed queues.
//!
//! Every test of this process shares them, so one collector takes all messages and hands them out by tenant. A second
//! process on the same local cloud would take them away.

use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_testkit::Stack;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{Aws, DEADLINE, text};

/// The queues that it drains.
const QUEUES: [&str; 4] = ["push", "email", "sms", "webhook"];

/// One notification × one channel × one recipient, as its sender gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The notification.
    pub id: String,
    /// Which channel.
    pub channel: String,
    /// What it says.
    pub content: Value,
    /// Whose, where to, in which language.
    pub recipient: Value,
}

#[derive(Debug, Clone, Default)]
struct Collected {
    /// By queue, in the order they came.
    messages: Vec<(&'static str, Value)>,
    /// Why nothing comes any more.
    over: Option<String>,
}

fn collected() -> Result<&'static watch::Sender<Collected>> {
    static COLLECTED: OnceLock<watch::Sender<Collected>> = OnceLock::new();
    let stack = Stack::load()?;
    Ok(COLLECTED.get_or_init(|| {
        // Tests have a runtime each, which end with them: this one has its own.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(collect(&stack)));
            let why = outcome.err().map_or_else(|| "it ended".to_owned(), |error| format!("{error:#}"));
            if let Ok(collected) = collected() {
                collected.send_modify(|all| all.over = Some(why));
            }
        });
        watch::Sender::default()
    }))
}

async fn collect(stack: &Stack) -> Result<()> {
    let aws = Aws::of(stack);
    futures::future::try_join_all(QUEUES.map(|name| drain(&aws, stack, name))).await.map(drop)
}

async fn drain(aws: &Aws, stack: &Stack, name: &'static str) -> Result<()> {
    let url = stack.queues.get(name).with_context(|| format!("no queue {name}"))?;
    loop {
        let receive = aws.sqs.receive_message().queue_url(url).max_number_of_messages(10);
        let received = receive.wait_time_seconds(20).send().await?.messages.unwrap_or_default();
        for message in received {
            let body = serde_json::from_str(message.body.as_deref().unwrap_or_default());
            let body = body.unwrap_or_else(|_| json!({"unreadable": message.body}));
            collected()?.send_modify(|all| all.messages.push((name, body)));
            aws.sqs.delete_message().queue_url(url).set_receipt_handle(message.receipt_handle).send().await?;
        }
    }
}

/// A tenant's jobs.
#[derive(Debug)]
pub struct Jobs<'a> {
    tenant: &'a str,
    aws: &'a Aws,
    queues: &'a std::collections::BTreeMap<String, String>,
}

impl<'a> Jobs<'a> {
    pub(crate) fn of(tenant: &'a str, aws: &'a Aws, stack: &'a Stack) -> Self {
        Self { tenant, aws, queues: &stack.queues }
    }

    /// Waits until a queue has had at least so many jobs of this tenant, and returns all of them.
    ///
    /// # Errors
    /// If they do not come before the deadline, with those that came.
    pub async fn wait(&self, queue: &str, count: usize) -> Result<Vec<Job>> {
        let enough = |all: &Collected| self.jobs(all, queue).map_or(true, |jobs| jobs.len() >= count);
        self.until(queue, enough).await
    }

    /// All jobs of this tenant that a queue has had: what was sent to it before is among them.
    ///
    /// # Errors
    /// If the queue does not answer.
    pub async fn all(&self, queue: &str) -> Result<Vec<Job>> {
        let url = self.queues.get(queue).with_context(|| format!("no queue {queue}"))?;
        let fence = json!({"fence": ulid::Ulid::generate()});
        self.aws.sqs.send_message().queue_url(url).message_body(fence.to_string()).send().await?;
        self.until(queue, |all| all.messages.iter().any(|(_, message)| *message == fence)).await
    }

    async fn until(&self, queue: &str, enough: impl Fn(&Collected) -> bool) -> Result<Vec<Job>> {
        let collected = collected()?;
        let mut changes = collected.subscribe();
        let waiting = changes.wait_for(|all| all.over.is_some() || enough(all));
        let in_time = tokio::time::timeout(DEADLINE, waiting).await.is_ok();
        let all = collected.borrow().clone();
        let came = self.jobs(&all, queue)?;
        match all.over {
            Some(why) => bail!("the collector of jobs is over: {why}"),
            None if in_time => Ok(came),
            None => bail!("not within {DEADLINE:?}: more jobs for {queue}; came: {came:?}"),
        }
    }

    fn jobs(&self, all: &Collected, queue: &str) -> Result<Vec<Job>> {
        let own = all.messages.iter().filter(|(name, message)| {
            *name == queue && message["delivery.v1"]["tenant"].as_str() == Some(self.tenant)
        });
        let mut jobs = Vec::new();
        for (_, message) in own {
            jobs.extend(jobs_of(message)?);
        }
        Ok(jobs)
    }
}

/// The jobs in a message of a sender's queue.
///
/// # Errors
/// If it is none.
pub fn jobs_of(message: &Value) -> Result<Vec<Job>> {
    let deliver = &message["delivery.v1"];
    let ulid = text(deliver, "ulid")?;
    let one = |recipient: &Value| {
        let user = URL_SAFE_NO_PAD.encode(text(recipient, "user")?);
        Ok(Job {
            id: format!("ntf_{ulid}{user}"),
            channel: text(deliver, "channel")?.to_owned(),
            content: deliver["content"].clone(),
            recipient: recipient.clone(),
        })
    };
    crate::list(deliver, "recipients")?.iter().map(one).collect()
}
