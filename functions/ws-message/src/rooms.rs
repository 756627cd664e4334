//! Entering and leaving rooms.

use carillon_domain::{Caller, Event, Room, frame};
use carillon_store::Connection;
use serde_json::{Value, json};

use crate::answer::{ActError, App, revived};

/// Takes the connection into a room or out of it; answers with the event that says so and with what the ack has. The
/// room is named as the client named it.
pub(crate) async fn set(
    app: &App,
    caller: &Caller,
    (room, name): (Room, &str),
    inside: bool,
) -> Result<(Vec<String>, Value), ActError> {
    let (tenant, user) = (&caller.context.tenant, &caller.context.user);
    let connection = Connection::from(caller);
    if app.poster.connections().set_room(tenant, user, &connection, room, inside).await? {
        revived(app, caller).await;
    }
    let event = if inside { Event::Subscribed } else { Event::Unsubscribed };
    let result = json!({"room": name});
    Ok((vec![frame(event, &result)], result))
}
