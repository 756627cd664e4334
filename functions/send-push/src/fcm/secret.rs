//! The secret with the service account.

use aws_sdk_secretsmanager::Client;

use super::credentials::Credentials;
use crate::secret::{self, Words};

const WORDS: Words = Words {
    without: "FCM has no credentials",
    not_configured: "fcm_not_configured",
    unavailable: "fcm_secret_unavailable",
};

/// Where the credentials are kept.
pub(crate) type Secret = secret::Secret<Credentials>;

/// The secret with this name or ARN.
pub(crate) fn secret(client: Client, id: String) -> Secret {
    Secret::new(client, id, WORDS)
}
