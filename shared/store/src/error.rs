//! What can go wrong between us and DynamoDB.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use carillon_domain::causes;

/// A failed call. Losing a conditional write is no error: such methods say so in their result.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused or could not be reached, after the client's own retries.
    #[error("{operation} failed: {detail}")]
    Call {
        /// The DynamoDB operation.
        operation: &'static str,
        /// The service's error code, where it answered at all.
        code: Option<String>,
        /// The whole chain of causes, for the log.
        detail: String,
    },
    /// Others wrote the same row all the time.
    #[error("others wrote the row all the time")]
    Contended,
    /// DynamoDB left some of what was asked for, however often it was asked again.
    #[error("{operation} was not done to its end")]
    Unprocessed {
        /// The DynamoDB operation.
        operation: &'static str,
    },
    /// A row that this version cannot read.
    #[error("a row could not be read: {0}")]
    Row(#[from] serde_dynamo::Error),
}

impl StoreError {
    pub(crate) fn call<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        SdkError<E>: ProvideErrorMetadata + std::error::Error,
    {
        let code = ProvideErrorMetadata::code(error).map(str::to_owned);
        Self::Call { operation, code, detail: causes(error) }
    }

    /// Stable label for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Call { .. } | Self::Unprocessed { .. } => "store_unavailable",
            Self::Contended => "store_contended",
            Self::Row(_) => "store_row_unreadable",
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Call { code, .. } => {
                !matches!(code.as_deref(), Some("ValidationException" | "AccessDeniedException"))
            }
            Self::Contended | Self::Unprocessed { .. } => true,
            Self::Row(_) => false,
        }
    }
}
