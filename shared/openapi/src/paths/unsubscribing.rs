//! inbox-api: what the link in an email leads to.

use crate::schemas::problem::Problem;
use crate::schemas::text::LinkToken;

/// Ask whether it is meant.
///
/// Changes nothing: mail scanners follow links. A page in the reader's language (`en`, `de`, `fr`, `es`), with a button that
/// posts to the same address.
#[utoipa::path(get, path = "/unsubscribe/{token}", tag = "unsubscribing", operation_id = "askUnsubscribe", security(()),
    params(("token" = LinkToken, Path, description = "As it is in the email's link.")),
    responses((status = 200, description = "A page with a button.", body = String, content_type = "text/html"),
        (status = 404, description = "Not a link of ours: a page; a problem where the path cannot be one.",
            content((String = "text/html"), (Problem = "application/problem+json"))),
        (status = 410, description = "Older than 90 days: a page.", body = String, content_type = "text/html"),
        (status = 503, description = "Try again in a moment: a page.", body = String, content_type = "text/html")))]
fn ask() {}

/// Unsubscribe.
///
/// What the page's button does, and a mail program by itself (RFC 8058, `List-Unsubscribe=One-Click`). The body is not read.
/// It takes back the one consent that the link is about, for the one user. May be repeated.
#[utoipa::path(post, path = "/unsubscribe/{token}", tag = "unsubscribing", operation_id = "confirmUnsubscribe", security(()),
    params(("token" = LinkToken, Path, description = "As it is in the email's link.")),
    responses((status = 200, description = "Done: a page.", body = String, content_type = "text/html"),
        (status = 404, description = "Not a link of ours: a page; a problem where the path cannot be one.",
            content((String = "text/html"), (Problem = "application/problem+json"))),
        (status = 410, description = "Older than 90 days: a page.", body = String, content_type = "text/html"),
        (status = 413, description = "A body over 16 KiB: a page.", body = String, content_type = "text/html"),
        (status = 503, description = "Try again in a moment: a page.", body = String, content_type = "text/html")))]
fn confirm() {}
