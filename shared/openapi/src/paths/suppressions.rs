//! admin-api: suppressed addresses.

use crate::schemas::suppressions::{Suppress, Suppressed, SuppressedPage};
use crate::schemas::text::Address;
use crate::schemas::words::SuppressedChannel;

/// List the suppressed addresses.
///
/// By channel, and in no particular order.
#[utoipa::path(get, path = "/v1/suppressions", tag = "administering", operation_id = "listSuppressions",
    security(("producer" = ["notifications:admin"])),
    params(
        ("channel" = Option<SuppressedChannel>, Query, description = "Only those of this channel."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before; for the same channel."),
        ("limit" = Option<u32>, Query, description = "Default: 20.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page; it may be shorter than asked for.", body = SuppressedPage),
        (status = 400, response = crate::complete::BadRequest)))]
fn list() {}

/// Suppress an address.
///
/// For the whole tenant: whoever has it, deliveries to it are skipped as `suppressed`. One that is suppressed already stays
/// as it is.
#[utoipa::path(post, path = "/v1/suppressions", tag = "administering", operation_id = "createSuppression",
    security(("producer" = ["notifications:admin"])),
    request_body(content = Suppress, examples(
        ("email" = (summary = "An email address", value = json!({"address": "ann@example.com", "reason": "manual"}))),
        ("sms" = (summary = "A number", value = json!({"address": "+4930123456", "channel": "sms"}))),
    )),
    responses((status = 201, description = "It is suppressed from now on.", body = Suppressed),
        (status = 200, description = "It was already.", body = Suppressed)))]
fn create() {}

/// Ask about an address.
#[utoipa::path(get, path = "/v1/suppressions/{address}", tag = "administering", operation_id = "getSuppression",
    security(("producer" = ["notifications:admin"])),
    params(("address" = Address, Path, description = "In any case; with a domain in ASCII or not.")),
    responses((status = 200, description = "It is suppressed.", body = Suppressed)))]
fn get() {}

/// Lift a suppression.
///
/// A bounce or complaint from before does not bring it back; the next one does.
#[utoipa::path(delete, path = "/v1/suppressions/{address}", tag = "administering", operation_id = "deleteSuppression",
    security(("producer" = ["notifications:admin"])),
    params(("address" = Address, Path, description = "In any case; with a domain in ASCII or not.")),
    responses((status = 204, description = "Deliveries go there again.")))]
fn delete() {}
