//! A tenant that nobody has used before, its users and its producers.

use std::ops::Deref;

use anyhow::{Context as _, Result};
use carillon_testkit::Stack;
use futures::{StreamExt as _, TryStreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Answer, Aws, ConnectError, INBOX, Jobs, PRODUCE, Rest, Row, Socket, Tokens, eventually, list, text,
};

/// Everything a test needs, in a tenant of its own.
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Where the local cloud is.
    pub stack: Stack,
    /// Signs for it.
    pub tokens: Tokens,
    /// A look at rows and queues.
    pub aws: Aws,
    rest: Rest,
}

/// An end user, by REST (the [`Rest`] it derefs to) and by socket.
pub struct User {
    /// Its id.
    pub id: String,
    /// Its token.
    pub token: String,
    rest: Rest,
    ws_url: String,
    partition: String,
}

/// A producer, by REST.
pub struct Producer {
    rest: Rest,
}

impl Deref for User {
    type Target = Rest;
    fn deref(&self) -> &Rest {
        &self.rest
    }
}

impl Deref for Producer {
    type Target = Rest;
    fn deref(&self) -> &Rest {
        &self.rest
    }
}

impl Tenant {
    /// A fresh tenant on the running local cloud.
    ///
    /// # Errors
    /// If none is running, with what to do about it.
    pub fn fresh() -> Result<Self> {
        let stack = Stack::load()?;
        let id = format!("t-{}", ulid::Ulid::generate().to_string().to_lowercase());
        let rest = Rest::new(&stack.http_url, None)?;
        Ok(Self { id, tokens: Tokens::of(&stack), aws: Aws::of(&stack), rest, stack })
    }

    /// A client without a token.
    #[must_use]
    pub fn anonymous(&self) -> &Rest {
        &self.rest
    }

    /// A user with an ordinary token.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn user(&self, id: &str) -> Result<User> {
        self.user_with(id, |_| {})
    }

    /// A user with a token that the test changes before it is signed.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn user_with(&self, id: &str, change: impl FnOnce(&mut Value)) -> Result<User> {
        let mut claims = self.tokens.claims(&self.id, id, INBOX);
        change(&mut claims);
        let token = self.tokens.sign(&claims)?;
        Ok(User {
            id: id.to_owned(),
            rest: self.rest.with_token(&token),
            token,
            ws_url: self.stack.ws_url.clone(),
            partition: self.partition(id),
        })
    }

    /// The producer that most tests use.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn producer(&self) -> Result<Producer> {
        self.producer_with("shop", |_| {})
    }

    /// A producer with a token that the test changes before it is signed.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn producer_with(&self, id: &str, change: impl FnOnce(&mut Value)) -> Result<Producer> {
        let mut claims = self.tokens.claims(&self.id, id, PRODUCE);
        change(&mut claims);
        Ok(Producer { rest: self.rest.with_token(self.tokens.sign(&claims)?) })
    }

    /// A producer that may do all of `/v1`.
    ///
    /// # Errors
    /// If the token cannot be signed.
    pub fn admin(&self) -> Result<Producer> {
        self.producer_with("ops", |claims| claims["scope"] = json!("notifications:admin"))
    }

    /// What stands in for FCM and push services. All tests share it: look for a token or a path of one's own.
    #[must_use]
    pub fn sinks(&self) -> carillon_fakes::Client {
        carillon_fakes::Client::new(&self.stack.sinks_url)
    }

    /// What was handed to the channels' senders.
    #[must_use]
    pub fn jobs(&self) -> Jobs<'_> {
        Jobs::of(&self.id, &self.stack)
    }

    /// Sends a message to a deployed queue.
    ///
    /// # Errors
    /// As SQS reports.
    pub async fn send(&self, queue: &str, body: &str) -> Result<()> {
        let url = self.stack.queues.get(queue).with_context(|| format!("no queue {queue}"))?;
        self.aws.sqs.send_message().queue_url(url).message_body(body).send().await?;
        Ok(())
    }

    /// The key of a user's rows.
    #[must_use]
    pub fn partition(&self, user: &str) -> String {
        format!("{}#{user}", self.id)
    }

    /// A user's rows in one table.
    ///
    /// # Errors
    /// As DynamoDB reports.
    pub async fn rows(&self, table: &str, user: &str) -> Result<Vec<Row>> {
        self.aws.rows(table, &self.partition(user)).await
    }

    /// Waits until a user has exactly so many connection rows.
    ///
    /// # Errors
    /// If that does not happen before the deadline.
    pub async fn connections(&self, user: &str, count: usize) -> Result<Vec<Row>> {
        eventually(&format!("{count} connection rows of {user}"), async || {
            let rows = self.rows("Connections", user).await?;
            Ok((rows.len() == count).then_some(rows))
        })
        .await
    }
}

impl User {
    /// The key of its rows.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// A device of this user.
    ///
    /// # Errors
    /// Where the upgrade is refused.
    pub async fn connect(&self) -> Result<Socket, ConnectError> {
        Socket::connect(&format!("{}?token={}", self.ws_url, self.token)).await
    }

    /// GET /api/notifications with a query such as `?limit=5`.
    ///
    /// # Errors
    /// If it does not succeed.
    pub async fn page(&self, query: &str) -> Result<Value> {
        self.get(&format!("/api/notifications{query}")).await?.ok()
    }

    /// The newest up to 100 notifications, newest first.
    ///
    /// # Errors
    /// If it does not succeed.
    pub async fn inbox(&self) -> Result<Vec<Value>> {
        Ok(list(&self.page("?limit=100").await?, "data")?.clone())
    }

    /// Waits until the inbox holds exactly so many, and returns them, newest first.
    ///
    /// # Errors
    /// If that does not happen before the deadline.
    pub async fn inbox_of(&self, count: usize) -> Result<Vec<Value>> {
        eventually(&format!("{count} in the inbox of {}", self.id), async || {
            let inbox = self.inbox().await?;
            Ok((inbox.len() == count).then_some(inbox))
        })
        .await
    }

    /// The unread count.
    ///
    /// # Errors
    /// If it does not succeed.
    pub async fn unread(&self) -> Result<u64> {
        let body = self.get("/api/notifications/unread-count").await?.ok()?;
        body.get("count").and_then(Value::as_u64).with_context(|| format!("no count in {body}"))
    }

    /// Registers a phone for push.
    ///
    /// # Errors
    /// If it is not accepted.
    pub async fn register(&self, token: &str) -> Result<Value> {
        self.post("/api/push/register", &json!({"token": token, "platform": "android"})).await?.ok()
    }

    /// Changes the preferences.
    ///
    /// # Errors
    /// If they are not accepted.
    pub async fn prefer(&self, preferences: &Value) -> Result<Value> {
        self.put("/api/notifications/preferences", preferences).await?.ok()
    }

    /// Subscribes a channel, with a filter or where to.
    ///
    /// # Errors
    /// If it is not accepted.
    pub async fn subscribe(&self, channel: &str, subscription: &Value) -> Result<Value> {
        self.put(&format!("/api/notifications/subscriptions/{channel}"), subscription).await?.ok()
    }

    /// One notification's path.
    #[must_use]
    pub fn path(&self, id: &str, action: &str) -> String {
        let slash = if action.is_empty() { "" } else { "/" };
        format!("/api/notifications/{id}{slash}{action}")
    }
}

impl Producer {
    /// POST /v1/notifications with an idempotency key.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post_once(&self, key: &str, body: &Value) -> Result<Answer> {
        let request = self.request(Method::POST, "/v1/notifications").header("idempotency-key", key);
        self.send(request.json(body)).await
    }

    /// Posts to one recipient and returns the id.
    ///
    /// # Errors
    /// If it is not accepted.
    pub async fn create(&self, body: &Value) -> Result<String> {
        let answer = self.post("/v1/notifications", body).await?;
        anyhow::ensure!(answer.status == 202, "HTTP {}: {}", answer.status, answer.body);
        Ok(text(&answer.body, "id")?.to_owned())
    }

    /// Posts the same so many times to one recipient, several at once, and returns the ids.
    ///
    /// # Errors
    /// If one is not accepted.
    pub async fn create_many(&self, count: usize, body: &Value) -> Result<Vec<String>> {
        // More at once would start more functions than a small machine can.
        futures::stream::iter(0..count).map(|_| self.create(body)).buffer_unordered(8).try_collect().await
    }

    /// A plain notification to a user.
    ///
    /// # Errors
    /// If it is not accepted.
    pub async fn notify(&self, user: &User, title: &str) -> Result<String> {
        self.create(&json!({"type": "chat_message", "recipient": user.id, "title": title})).await
    }

    /// Waits for the producer's view of a notification that dispatch has not reached yet.
    ///
    /// # Errors
    /// If it does not come before the deadline.
    pub async fn trace(&self, id: &str) -> Result<Value> {
        eventually(&format!("the trace of {id}"), async || {
            let answer = self.get(&format!("/v1/notifications/{id}")).await?;
            if answer.status == 404 {
                return Ok(None);
            }
            answer.ok().map(Some)
        })
        .await
    }

    /// Waits until a channel of a notification has this state and, where it says why, this reason; returns its delivery.
    ///
    /// # Errors
    /// If that does not happen before the deadline.
    pub async fn delivery(&self, id: &str, channel: &str, state: &str) -> Result<Value> {
        let mut last = Value::Null;
        let (state, reason) = state.split_once(": ").map_or((state, None), |(state, why)| (state, Some(why)));
        let reached = eventually("the delivery", async || {
            last = self.trace(id).await?["deliveries"][channel].take();
            Ok((last["state"] == state && reason.is_none_or(|why| last["reason"] == why))
                .then(|| last.clone()))
        });
        let reached = reached.await;
        reached.with_context(|| format!("{channel} of {id} is not {state} {reason:?} but {last}"))
    }
}
