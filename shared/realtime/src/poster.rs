//! `@connections`: one post per live connection, all at once.

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use carillon_domain::{AccountId, ConnectionId, Millis, Room, TenantId, UserId, causes};
use carillon_store::{Connection, Connections, StoreError};

/// Most connections of one user; the oldest is closed when one more is opened.
pub const MAX_CONNECTIONS: usize = 10;
/// A post during `$connect` is answered 410 too, so a 410 says nothing about a connection younger than this.
const YOUNG_SECONDS: i64 = 30;

/// A call to API Gateway failed.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The connections could not be read or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// API Gateway refused or could not be reached.
    #[error("{operation} failed: {detail}")]
    Call {
        /// The operation.
        operation: &'static str,
        /// The whole chain of causes, for the log.
        detail: String,
    },
}

impl PostError {
    /// Stable label for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Call { .. } => "connections_unavailable",
        }
    }
}

/// Which of a user's connections a frame is for, of those in the room `notifications`: all that is told without
/// having been asked for goes there.
#[derive(Debug, Clone, Copy)]
pub enum To<'a> {
    /// All.
    Everyone,
    /// All but the one that caused it.
    EveryoneElse(&'a ConnectionId),
    /// Those that may see what is of this account: a connection limited to another may not.
    Account(Option<&'a AccountId>),
    /// As [`To::Account`], but not the one that caused it.
    Others(Option<&'a AccountId>, &'a ConnectionId),
    /// As [`To::Account`], and only these: the ones that were not reached before.
    Only(Option<&'a AccountId>, &'a [ConnectionId]),
}

impl To<'_> {
    fn includes(&self, connection: &Connection) -> bool {
        let own = |account: Option<&AccountId>| {
            connection.account.is_none() || connection.account.as_ref() == account
        };
        if !connection.is_in(Room::Notifications) {
            return false;
        }
        match self {
            Self::Everyone => true,
            Self::EveryoneElse(except) => connection.id != **except,
            Self::Account(account) => own(*account),
            Self::Others(account, except) => own(*account) && connection.id != **except,
            Self::Only(account, ids) => own(*account) && ids.contains(&connection.id),
        }
    }
}

/// How a post to a user went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// Connections that took it.
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
}

impl Poster {
    /// Posts through this client to the connections of this table.
    #[must_use]
    pub fn new(client: Client, connections: Connections) -> Self {
        Self { client, connections }
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
        let all = self.connections.of_user(tenant, user).await?;
        let wanted = all.iter().filter(|connection| to.includes(connection));
        let posts = wanted.map(async |connection| {
            (connection, self.to_connection(tenant, user, connection, frame, now).await)
        });
        let mut posted = Posted::default();
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
        frame: &str,
        now: Millis,
    ) -> Outcome {
        let ended = connection.expires_at <= now;
        let taken = if ended {
            self.close(&connection.id).await.map(|()| false)
        } else {
            self.post(&connection.id, frame).await
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
}

fn gone_or<E>(operation: &'static str, error: &SdkError<E>) -> Result<(), PostError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: ProvideErrorMetadata + std::error::Error,
{
    // The status decides: a 410 without a body carries no error code.
    let status = error.raw_response().map(|response| response.status().as_u16());
    if status == Some(410) {
        return Ok(());
    }
    Err(PostError::Call { operation, detail: causes(error) })
}
