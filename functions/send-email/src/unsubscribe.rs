//! The link that takes the consent back which an email needs.

use carillon_domain::{NotificationType, Reason};
use carillon_sender::{Failure, Outcome, Sending, TimeLeft};
use carillon_unsubscribe::{KeySource, KeysError};

use crate::consent;

/// The link; None where no consent is needed. Marketing does not go out without one.
pub(crate) async fn link(
    keys: &KeySource,
    public_url: &str,
    sending: &Sending<'_>,
    entry: Option<&NotificationType>,
    time: TimeLeft,
) -> Result<Option<String>, Outcome> {
    let message = sending.message;
    let Some(consent) = consent::needed(sending, entry) else { return Ok(None) };
    let rest = || sending.addressee.clone();
    let keys = match tokio::time::timeout(time.spare(), keys.keys(sending.now)).await {
        Ok(Ok(keys)) => keys,
        Ok(Err(error)) => return Err(without(&error, sending)),
        // Others wait for it, too.
        Err(_) => return Err(Outcome::Later { rest: rest() }),
    };
    let token = keys.sign(&message.tenant, &sending.addressee.user, consent, sending.now);
    let token =
        token.map_err(|_| Outcome::Failed(Failure::new(Reason::NotConfigured, "unsubscribe_secret")))?;
    Ok(Some(format!("{public_url}/unsubscribe/{token}")))
}

fn without(error: &KeysError, sending: &Sending<'_>) -> Outcome {
    let ulid = sending.message.ulid;
    tracing::error!(code = "unsubscribe_secret_unusable", %ulid, %error, "marketing does not go out without its link");
    match error {
        KeysError::Unavailable(_) => Outcome::Again {
            rest: sending.addressee.clone(),
            failure: Failure::new(Reason::Unavailable, "unsubscribe_secret"),
            provider_id: None,
        },
        KeysError::Form | KeysError::Short => {
            Outcome::Failed(Failure::new(Reason::NotConfigured, "unsubscribe_secret"))
        }
    }
}
