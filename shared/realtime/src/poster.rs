//! `@connections`: one post per live connection and frame, to all connections at once.

use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use carillon_domain::{AccountId, ConnectionId, Millis, TenantId, UserId};
use carillon_store::{Connection, Connections};

use crate::error::{PostError, gone_or};
use crate::to::To;

/// Most connections of one user; the oldest is closed when one more is opened.
pub const MAX_CONNECTIONS: usize = 10;
/// A post during `$connect` is answered 410 too, so a 410 says nothing about a connection younger than this.
const YOUNG_SECONDS: i64 = 30;
/// How long a connection may take over all its frames. Whoever made the change waits for that.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a post to a user went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// Connections that took it all.
    pub taken: usize,
    /// Connections that are gone.
    pub gone: usize,
    /// Connections that could not be reached this time.
    pub failed: Vec<ConnectionId>,
}

enum Outcome {
    Taken,
    Gone,
    Failed,
}

/// Posts to connections and keeps their rows true.
#[derive(Debug, Clone)]
pub struct Poster {
    client: Client,
    connections: Connections,
    patience: Duration,
}

impl Poster {
    /// Posts through this client to the connections of this table.
    #[must_use]
    pub fn new(client: Client, connections: Connections) -> Self {
        Self { client, connections, patience: PATIENCE }
    }

    /// The same, waiting for each connection so long.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The connections it posts to.
    #[must_use]
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Posts a frame to those of a user's connections that it is for, all at once.
    pub async fn to_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        to: To<'_>,
        frame: &str,
        now: Millis,
    ) -> Result<Posted, PostError> {
        self.several_to_user(tenant, user, &[(to, frame)], now).await
    }

    /// Posts frames that are each about one account, to all but the connection that caused them.
    pub async fn by_account(
        &self,
        tenant: &TenantId,
        user: &UserId,
        frames: &[(Option<&AccountId>, String)],
        except: Option<&ConnectionId>,
        now: Millis,
    ) -> Result<Posted, PostError> {
        let to = |account| except.map_or(To::Account(account), |except| To::Others(account, except));
        let frames: Vec<_> = frames.iter().map(|(account, frame)| (to(*account), frame.as_str())).collect();
        self.several_to_user(tenant, user, &frames, now).await
    }

    /// Posts several frames after one look at who is connected: to all at once, and to each in this order. Who does not
    /// take one is not tried with the rest.
    pub async fn several_to_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        frames: &[(To<'_>, &str)],
        now: Millis,
    ) -> Result<Posted, PostError> {
        let mut posted = Posted::default();
        if frames.is_empty() {
            return Ok(posted);
        }
        let all = self.connections.of_user(tenant, user).await?;
        let wanted = all.iter().filter_map(|connection| {
            let its = frames.iter().filter(|(to, _)| to.includes(connection)).map(|(_, frame)| *frame);
            let its: Vec<&str> = its.collect();
            (!its.is_empty()).then_some((connection, its))
        });
        let posts = wanted.map(async |(connection, frames)| {
            (connection, self.to_connection(tenant, user, connection, &frames, now).await)
        });
        for (connection, outcome) in futures::future::join_all(posts).await {
            match outcome {
                Outcome::Taken => posted.taken += 1,
                Outcome::Gone => posted.gone += 1,
                Outcome::Failed => posted.failed.push(connection.id.clone()),
            }
        }
        Ok(posted)
    }

    async fn to_connection(
        &self,
        tenant: &TenantId,
        user: &UserId,
        connection: &Connection,
        frames: &[&str],
        now: Millis,
    ) -> Outcome {
        let ended = connection.expires_at <= now;
        let taken = if ended {
            self.close(&connection.id).await.map(|()| false)
        } else {
            self.post_all(&connection.id, frames).await
        };
        match taken {
            Ok(true) => Outcome::Taken,
            Ok(false) if !ended && connection.connected_at.plus_seconds(YOUNG_SECONDS) > now => Outcome::Gone,
            Ok(false) => {
                if let Err(error) = self.connections.delete(tenant, user, &connection.id).await {
                    tracing::warn!(connection_id = %connection.id, code = error.code(), %error, "a dead connection's row stays for now");
                }
                Outcome::Gone
            }
            Err(error) => {
                tracing::warn!(connection_id = %connection.id, code = error.code(), %error, "a connection could not be reached");
                Outcome::Failed
            }
        }
    }

    /// Posts one after the other; false if the connection is gone.
    async fn post_all(&self, connection: &ConnectionId, frames: &[&str]) -> Result<bool, PostError> {
        let posts = async {
            for frame in frames {
                if !self.post(connection, frame).await? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        // A call of its own has no more time than this; several, each just in time, would add up.
        tokio::time::timeout(self.patience, posts).await.unwrap_or(Err(PostError::Slow))
    }

    /// Posts one frame; false if the connection is gone (410).
    pub async fn post(&self, connection: &ConnectionId, frame: &str) -> Result<bool, PostError> {
        let call = self.client.post_to_connection().connection_id(connection.as_str()).data(Blob::new(frame));
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) => gone_or("PostToConnection", &error).map(|()| false),
        }
    }

    /// Ends a connection; one that is gone already is no error.
    pub async fn close(&self, connection: &ConnectionId) -> Result<(), PostError> {
        match self.client.delete_connection().connection_id(connection.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) => gone_or("DeleteConnection", &error),
        }
    }

    /// Removes a row again that was put back for a frame, if the connection has ended: the frame may have come to us after
    /// `$disconnect` did. One that lives here ends after the row was put, so its `$disconnect` removes the row.
    pub async fn confirm(
        &self,
        tenant: &TenantId,
        user: &UserId,
        connection: &ConnectionId,
    ) -> Result<(), PostError> {
        match self.client.get_connection().connection_id(connection.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                gone_or("GetConnection", &error)?;
                Ok(self.connections.delete(tenant, user, connection).await?)
            }
        }
    }
}
