//! Ids, parsed once at the edge. Inside the system an id is never a bare `String`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// Longest id of a tenant, user, account or organisation, in bytes.
const MAX_LEN: usize = 128;
/// What every notification id starts with.
const PREFIX: &str = "ntf_";

/// Why a string is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Empty, too long, or with a character outside `[A-Za-z0-9._@+:~-]` (the first outside `[A-Za-z0-9]`).
    #[error("must be 1-128 characters of A-Z a-z 0-9 . _ @ + : ~ - and start with a letter or digit")]
    Form,
    /// Not an id that Carillon ever issued.
    #[error("is not a notification id")]
    Notification,
    /// Not an id of a push message.
    #[error("is not the id of a push message")]
    Push,
}

/// `#` joins keys, so it (and anything else that could) must not be part of an id.
fn well_formed(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= MAX_LEN
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"._@+:~-".contains(b))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the form: `[A-Za-z0-9][A-Za-z0-9._@+:~-]{0,127}`.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if well_formed(text) { Ok(Self(text.to_owned())) } else { Err(IdError::Form) }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                if well_formed(&text) { Ok(Self(text)) } else { Err(IdError::Form) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// The isolation boundary: every key, token and query carries it.
    TenantId
);
id!(
    /// A user of a tenant's app.
    UserId
);
id!(
    /// One of several accounts (mailboxes, say) of a user.
    AccountId
);
id!(
    /// An organisation a user acts for.
    OrgId
);

/// An API Gateway connection id. AWS documents no form; ours is what may go into a key and a URL path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Accepts up to 128 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let fits = (1..=MAX_LEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError::Form) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A notification's public id: `ntf_` + ULID (26 characters) + the user id in unpadded base64url.
///
/// It carries what the row's key needs besides the tenant, so no index is needed to find the row, and it is
/// never trusted for more: the tenant always comes from the token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NotificationId {
    /// When it was created (or is scheduled for), and 80 random bits. All recipients of one post share it.
    pub ulid: Ulid,
    /// Whose inbox it is in.
    pub user: UserId,
}

impl NotificationId {
    /// Only the canonical spelling is an id: one notification has one name.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let rest = text.strip_prefix(PREFIX).ok_or(IdError::Notification)?;
        let (ulid, user) = rest.split_at_checked(ulid::ULID_LEN).ok_or(IdError::Notification)?;
        let ulid = Ulid::from_string(ulid).map_err(|_| IdError::Notification)?;
        let user = URL_SAFE_NO_PAD.decode(user).map_err(|_| IdError::Notification)?;
        let user = String::from_utf8(user).map_err(|_| IdError::Notification)?;
        let id = Self { ulid, user: UserId::try_from(user).map_err(|_| IdError::Notification)? };
        if id.to_string() == text { Ok(id) } else { Err(IdError::Notification) }
    }
}

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}{}", self.ulid, URL_SAFE_NO_PAD.encode(self.user.as_str()))
    }
}

impl Serialize for NotificationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NotificationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_row_and_comes_back() {
        let id =
            NotificationId { ulid: Ulid::from_parts(1, 2), user: UserId::parse("ann@example.com").unwrap() };
        assert_eq!(NotificationId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn crafted_ids_are_refused() {
        let ulid = Ulid::from_parts(1, 2).to_string();
        let encoded = |user: &str| format!("ntf_{ulid}{}", URL_SAFE_NO_PAD.encode(user));
        let lower = encoded("ann").replace(&ulid, &ulid.to_lowercase());
        let wrong = [
            encoded("a#b"),
            encoded(""),
            encoded("#"),
            encoded("a/../b"),
            encoded("ann") + "=",
            lower.replace('0', "o"),
            String::from("ntf_"),
            ulid.clone(),
            format!("ntf_{ulid}\u{e9}\u{e9}"),
        ];
        for id in wrong {
            assert_eq!(NotificationId::parse(&id), Err(IdError::Notification), "{id}");
        }
    }

    #[test]
    fn tenants_and_users_keep_to_the_documented_form() {
        for good in ["a", "A.b_c@d+e:f~g-h", "0", &"x".repeat(128)] {
            assert!(TenantId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "#", "a#b", "-a", "a b", "a/b", "\u{e9}", &"x".repeat(129)] {
            assert_eq!(UserId::parse(bad), Err(IdError::Form), "{bad}");
        }
    }
}
