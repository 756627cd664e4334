//! Google's service account, as the console gives it out.

use std::fmt;

use carillon_egress::Egress;
use jsonwebtoken::EncodingKey;
use serde::Deserialize;

/// What a service account's JSON says.
pub(crate) struct Credentials {
    /// Whose devices.
    pub(crate) project_id: String,
    /// Who asks for access tokens.
    pub(crate) client_email: String,
    /// Which of its keys signs.
    pub(crate) key_id: Option<String>,
    /// RSA.
    pub(crate) key: EncodingKey,
    /// Where access tokens come from.
    pub(crate) token_uri: String,
}

/// Why it is none; never what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CredentialsError {
    /// Nobody has set it yet.
    #[error("the secret is empty: put the service account's JSON there")]
    Empty,
    /// Another document, or none.
    #[error("the secret is not a service account's JSON")]
    Form,
    /// It becomes part of a URL.
    #[error("project_id is not that of a project")]
    Project,
    /// Neither PKCS#8 nor PKCS#1, or not RSA.
    #[error("private_key is not an RSA key in PEM form")]
    Key,
    /// Nothing is sent there.
    #[error("token_uri {0}")]
    TokenUri(carillon_egress::Refused),
}

#[derive(Deserialize)]
struct Document {
    project_id: String,
    client_email: String,
    private_key: String,
    private_key_id: Option<String>,
    token_uri: String,
}

impl Credentials {
    /// Reads and checks it.
    pub(crate) fn parse(text: &str, egress: &Egress) -> Result<Self, CredentialsError> {
        if matches!(text.trim(), "" | "{}") {
            return Err(CredentialsError::Empty);
        }
        let document: Document = serde_json::from_str(text).map_err(|_| CredentialsError::Form)?;
        let Document { project_id, client_email, private_key, private_key_id, token_uri } = document;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.');
        if project_id.is_empty() || !project_id.bytes().all(allowed) {
            return Err(CredentialsError::Project);
        }
        let key = EncodingKey::from_rsa_pem(private_key.as_bytes()).map_err(|_| CredentialsError::Key)?;
        egress.check(&token_uri).map_err(CredentialsError::TokenUri)?;
        Ok(Self { project_id, client_email, key_id: private_key_id, key, token_uri })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("project_id", &self.project_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const RSA: &str = include_str!("../../../../tests/keys/rs256.private.pem");

    fn document(change: Value) -> String {
        let mut document = json!({
            "type": "service_account", "project_id": "shop-1", "private_key_id": "k1", "private_key": RSA,
            "client_email": "push@shop-1.iam.gserviceaccount.com", "client_id": "1",
            "token_uri": "https://oauth2.googleapis.com/token",
        });
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        document.to_string()
    }

    fn parsed(text: &str) -> Result<Credentials, CredentialsError> {
        Credentials::parse(text, &Egress::default())
    }

    #[test]
    fn googles_document_is_taken_as_it_is() {
        let read = parsed(&document(json!({}))).unwrap();
        assert_eq!((read.project_id.as_str(), read.key_id.as_deref()), ("shop-1", Some("k1")));
        assert!(!format!("{read:?}").contains("push@"));
    }

    #[test]
    fn what_is_no_service_account_is_told_so() {
        let http = CredentialsError::TokenUri(carillon_egress::Refused::NotHttps);
        let table = [
            (String::from("{}"), CredentialsError::Empty),
            (String::from(" "), CredentialsError::Empty),
            (String::from("not JSON"), CredentialsError::Form),
            (String::from(r#"{"project_id": "p"}"#), CredentialsError::Form),
            (document(json!({"project_id": ""})), CredentialsError::Project),
            (document(json!({"project_id": "a/../b"})), CredentialsError::Project),
            (document(json!({"private_key": "-----BEGIN"})), CredentialsError::Key),
            (document(json!({"token_uri": "http://oauth2.googleapis.com/token"})), http),
        ];
        for (text, expected) in table {
            assert_eq!(parsed(&text).err(), Some(expected), "{}", text.get(..40).unwrap_or(&text));
        }
    }
}
