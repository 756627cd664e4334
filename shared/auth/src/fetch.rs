//! Getting a JWKS: bounded in time and size, no redirects.

use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use tokio::sync::OnceCell;

use crate::limits::{JWKS_TIMEOUT, MAX_JWKS_BYTES};

/// Builds its client with the first fetch: roots and TLS cost milliseconds at start that a deployment
/// without JWKS must not pay.
#[derive(Default)]
pub(crate) struct Fetcher {
    client: OnceCell<Client>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{}", chain(.0))]
    Http(#[from] reqwest::Error),
    #[error("the answer was {0}")]
    Status(StatusCode),
    #[error("the answer is larger than 256 KiB")]
    TooLarge,
    #[error("the answer is no JWKS")]
    NotJwks,
}

impl Fetcher {
    pub(crate) async fn get(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        let client = self.client.get_or_try_init(async || client()).await?;
        let mut response = client.get(url.clone()).header(ACCEPT, "application/json").send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_JWKS_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn client() -> Result<Client, reqwest::Error> {
    // reqwest takes the process's provider and panics without one. An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(JWKS_TIMEOUT)
        .redirect(Policy::none())
        // The next fetch is minutes away, and a frozen function's idle connection is dead by then.
        .pool_max_idle_per_host(0)
        .build()
}

/// reqwest's own text names only the outermost error.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
