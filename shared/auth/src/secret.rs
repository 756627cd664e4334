//! Reading the document from Secrets Manager.

use std::error::Error as StdError;

use aws_sdk_secretsmanager::Client;

use crate::document::{JwksUrls, SecretDocument};
use crate::error::LoadError;

pub(crate) struct SecretSource {
    client: Client,
    secret_id: String,
    urls: JwksUrls,
}

impl SecretSource {
    pub(crate) fn new(client: Client, secret_id: String, urls: JwksUrls) -> Self {
        Self { client, secret_id, urls }
    }

    pub(crate) async fn read(&self) -> Result<SecretDocument, LoadError> {
        let request = self.client.get_secret_value().secret_id(&self.secret_id);
        // Boxed: the SDK's future is large, and it would be part of every caller's.
        let output =
            Box::pin(request.send()).await.map_err(|error| LoadError::SecretsManager(chain(&error)))?;
        let text = output.secret_string().ok_or(LoadError::NotText)?;
        Ok(SecretDocument::parse(text, self.urls)?)
    }
}

/// By `Display` only: the SDK's `Debug` shows responses, which here are secrets.
fn chain(error: &dyn StdError) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
