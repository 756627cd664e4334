//! Who a request is for.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use crate::reply::Reply;
use crate::state::{Incoming, State};
use crate::{fcm, iid, oauth, web_push};

/// One of the services that are stood in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sink {
    /// Firebase Cloud Messaging, HTTP v1.
    Fcm,
    /// Google's OAuth 2 token endpoint.
    Oauth,
    /// Instance ID: topic membership.
    Iid,
    /// A browser's push service.
    WebPush,
}

impl Sink {
    /// Whose path this is.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path.split('/').nth(1)? {
            "fcm" => Self::Fcm,
            "oauth" => Self::Oauth,
            "iid" => Self::Iid,
            "web-push" => Self::WebPush,
            _ => return None,
        })
    }

    /// As in queries and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fcm => "fcm",
            Self::Oauth => "oauth",
            Self::Iid => "iid",
            Self::WebPush => "web_push",
        }
    }

    /// Whether bodies are bytes, which the log has in base64.
    pub(crate) fn is_binary(self) -> bool {
        self == Self::WebPush
    }

    /// What the service itself would answer.
    pub(crate) fn answer(self, incoming: &Incoming, state: &State) -> Reply {
        if incoming.method != Method::POST {
            return Reply::new(405);
        }
        match self {
            Self::Fcm => fcm::answer(incoming, state),
            Self::Oauth => oauth::answer(incoming, state),
            Self::Iid => iid::answer(incoming, state),
            Self::WebPush => web_push::answer(incoming),
        }
    }
}
