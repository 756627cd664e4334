//! What can go wrong on the way to a connection.

use aws_sdk_apigatewaymanagement::error::{ProvideErrorMetadata, SdkError};
use carillon_domain::causes;
use carillon_store::StoreError;

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
    /// It took longer over its frames than others should wait.
    #[error("did not take its frames in time")]
    Slow,
}

impl PostError {
    /// Stable label for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Call { .. } | Self::Slow => "connections_unavailable",
        }
    }
}

/// A connection that is gone (410) is no error.
pub(crate) fn gone_or<E>(operation: &'static str, error: &SdkError<E>) -> Result<(), PostError>
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
