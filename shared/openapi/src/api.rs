//! The document.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::OpenApi;

use crate::complete::complete;
use crate::paths::{
    administering, changes, direct, inbox, preferences, producing, push, recipients, suppressions,
    templating, unsubscribing,
};

/// What the macros know.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Carillon",
        version = "1",
        description = "Notifications: producers post them under `/v1`, end users read them under `/api`. JSON in snake_case, \
            times RFC 3339 in UTC with milliseconds. Every answer has an `x-request-id`; every error is RFC 9457 \
            `application/problem+json`. HEAD is answered wherever GET is. The WebSocket is described by AsyncAPI.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
        contact(name = "Carillon")
    ),
    servers((url = "/", description = "The stack's `HttpUrl`.")),
    tags(
        (name = "producing", description = "Posting notifications, and what became of them."),
        (name = "administering", description = "A tenant's types, settings and recipients, and push past the inbox."),
        (name = "inbox", description = "A user's notifications."),
        (name = "preferences", description = "What a user wants."),
        (name = "push", description = "A user's devices."),
        (name = "unsubscribing", description = "What the links in emails lead to: no token but the link itself."),
        (name = "document", description = "This document."),
    ),
    paths(
        producing::create, producing::get, producing::cancel,
        administering::list_types, administering::get_type, administering::put_type, administering::delete_type,
        administering::get_settings, administering::put_settings,
        templating::get_layout, templating::put_layout, templating::delete_layout,
        templating::type_versions, templating::type_version, templating::restore_type,
        templating::layout_versions, templating::layout_version, templating::restore_layout, templating::preview,
        direct::create, direct::get, direct::subscribe, direct::unsubscribe, direct::topics,
        suppressions::list, suppressions::create, suppressions::get, suppressions::delete,
        recipients::get, recipients::put, recipients::erase, recipients::bulk, recipients::export,
        inbox::list, inbox::unread_count, inbox::stats, inbox::get, inbox::delete, inbox::bulk_read, inbox::read_all,
        inbox::seen_all, inbox::cleanup_old,
        changes::read, changes::unread, changes::archive, changes::unarchive, changes::seen, changes::opened,
        changes::clicked, changes::pin, changes::unpin, changes::snooze, changes::unsnooze,
        preferences::get, preferences::put, preferences::silence, preferences::unsilence,
        preferences::get_subscription, preferences::put_subscription,
        preferences::get_settings, preferences::put_settings,
        push::register, push::unregister, push::devices, push::vapid_key, push::openapi,
        unsubscribing::ask, unsubscribing::confirm,
    ),
    components(schemas(
        // Those that only parameters and shared answers refer to.
        crate::schemas::problem::Problem, crate::schemas::problem::GatewayMessage, crate::schemas::text::Address,
        crate::schemas::text::AnyKey,
        crate::schemas::text::AnyTag, crate::schemas::text::LinkToken, crate::schemas::words::InterruptingChannel,
    ))
)]
struct Api;

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    complete(&mut document);
    document
}

/// Every method and path of the operations with one of these tags: `("GET", "/v1/types")`.
#[must_use]
pub fn operations(tags: &[&str]) -> BTreeSet<(String, String)> {
    let document = document();
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let mut found = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let tagged = operation.pointer("/tags/0").and_then(Value::as_str);
            if tagged.is_some_and(|tag| tags.contains(&tag)) {
                found.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    found
}
