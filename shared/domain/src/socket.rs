//! Who is at the other end of a WebSocket: what the authorizer puts into the connection's context, and every later
//! frame brings along.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{AccountId, ConnectionId, Millis, TenantId, UserId};

/// The verified claims of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketContext {
    /// The isolation boundary.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// The token's account, if it is limited to one.
    pub account: Option<AccountId>,
    /// When the token ends, and the socket with it.
    pub expires_at: Millis,
}

/// A frame, a connect or a disconnect: the connection and who is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// API Gateway's id.
    pub connection: ConnectionId,
    /// When it was opened.
    pub connected_at: Millis,
    /// The verified claims.
    pub context: SocketContext,
}

/// What a connection can be told about. A new one is in both rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    /// Notifications, and what becomes of them.
    Notifications,
    /// Reserved for what a client is told about its state of sync. `sync` itself is answered to whoever asks, in this
    /// room or not.
    Sync,
}

/// Why there is no such room for this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// It is another user's.
    #[error("the room is not yours")]
    NotYours,
    /// No room has this name.
    #[error("room must be notifications or sync")]
    Unknown,
}

impl Room {
    /// The room that this user calls so: `sync`, or in full `user:{own id}:sync`.
    pub fn parse(name: &str, own: &UserId) -> Result<Self, RoomError> {
        let (owner, room) = match name.strip_prefix("user:") {
            // An id may contain a colon, a room's name does not.
            Some(full) => full.rsplit_once(':').map(|(owner, room)| (Some(owner), room)),
            None => Some((None, name)),
        }
        .ok_or(RoomError::Unknown)?;
        let room = match room {
            "notifications" => Self::Notifications,
            "sync" => Self::Sync,
            _ => return Err(RoomError::Unknown),
        };
        if owner.is_some_and(|owner| owner != own.as_str()) { Err(RoomError::NotYours) } else { Ok(room) }
    }

    /// Its short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Notifications => "notifications",
            Self::Sync => "sync",
        }
    }
}

impl SocketContext {
    /// As an authorizer's context: API Gateway takes strings, numbers and booleans only, and hands on strings.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert(String::from("tenant"), json!(self.tenant));
        map.insert(String::from("user"), json!(self.user));
        map.insert(String::from("exp"), json!(self.expires_at.seconds().to_string()));
        if let Some(account) = &self.account {
            map.insert(String::from("account"), json!(account));
        }
        map
    }

    /// Reads [`SocketContext::to_map`] back. None if anything is missing or no id: then it is not ours.
    #[must_use]
    pub fn from_map(map: &HashMap<String, Value>) -> Option<Self> {
        let text = |name: &str| map.get(name).and_then(Value::as_str);
        let account = match text("account") {
            Some(account) => Some(AccountId::parse(account).ok()?),
            None => None,
        };
        Some(Self {
            tenant: TenantId::parse(text("tenant")?).ok()?,
            user: UserId::parse(text("user")?).ok()?,
            account,
            expires_at: Millis(0).plus_seconds(text("exp")?.parse().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_ones_own_or_none() {
        let own = UserId::parse("a:b").unwrap();
        let table = [
            ("notifications", Ok(Room::Notifications)),
            ("sync", Ok(Room::Sync)),
            ("user:a:b:sync", Ok(Room::Sync)),
            ("user:a:b:notifications", Ok(Room::Notifications)),
            ("user:a:notifications", Err(RoomError::NotYours)),
            ("user:a:b:c:sync", Err(RoomError::NotYours)),
            ("user::sync", Err(RoomError::NotYours)),
            ("user:a:b:kitchen", Err(RoomError::Unknown)),
            ("user:a:b", Err(RoomError::Unknown)),
            ("user:", Err(RoomError::Unknown)),
            ("Sync", Err(RoomError::Unknown)),
            ("", Err(RoomError::Unknown)),
        ];
        for (name, room) in table {
            assert_eq!(Room::parse(name, &own), room, "{name}");
        }
    }

    #[test]
    fn a_context_survives_api_gateway_and_nothing_else_passes_for_one() {
        let context = SocketContext {
            tenant: TenantId::parse("acme").unwrap(),
            user: UserId::parse("ann").unwrap(),
            account: Some(AccountId::parse("work").unwrap()),
            expires_at: Millis(1_700_000_000_000),
        };
        let map: HashMap<String, Value> = context.to_map().into_iter().collect();
        assert_eq!(SocketContext::from_map(&map), Some(context));
        for (name, value) in [("tenant", "a#b"), ("user", ""), ("exp", "soon"), ("account", "#")] {
            let mut broken = map.clone();
            broken.insert(name.into(), json!(value));
            assert_eq!(SocketContext::from_map(&broken), None, "{name}");
        }
        assert_eq!(SocketContext::from_map(&HashMap::new()), None);
    }
}
