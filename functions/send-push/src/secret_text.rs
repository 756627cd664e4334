//! Reading a secret: what FCM and Web Push have in common.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;
use carillon_domain::causes;

/// How long one holds.
pub(crate) const FRESH_MILLIS: i64 = 5 * 60 * 1000;
/// How long it is taken for missing, or an older one for good while it cannot be read. Short: somebody may be setting
/// it up just now.
pub(crate) const AGAIN_MILLIS: i64 = 30 * 1000;

/// Why there is no text, with Secrets Manager's own words for the log.
#[derive(Debug)]
pub(crate) enum NoText {
    /// However often it is asked: somebody has to change something.
    ForGood(String),
    /// It may work the next time.
    Passing(String),
}

/// What Secrets Manager says to those who will not get it however often they ask.
const FOR_GOOD: [&str; 6] = [
    "ResourceNotFoundException",
    "InvalidRequestException",
    "InvalidParameterException",
    "ValidationException",
    "DecryptionFailure",
    "AccessDeniedException",
];

/// What the secret with this name or ARN says; empty if it is not text.
pub(crate) async fn read(client: &Client, id: &str) -> Result<String, NoText> {
    // Boxed: the SDK's future is large, and it would be part of every caller's.
    match Box::pin(client.get_secret_value().secret_id(id).send()).await {
        Ok(output) => Ok(output.secret_string().unwrap_or_default().to_owned()),
        Err(error) if error.code().is_some_and(|code| FOR_GOOD.contains(&code)) => {
            Err(NoText::ForGood(causes(&error)))
        }
        Err(error) => Err(NoText::Passing(causes(&error))),
    }
}
