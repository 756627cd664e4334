//! admin-api: layouts, versions, previews.

use crate::schemas::preview::{Preview, PreviewTemplates};
use crate::schemas::templates::{Layout, PutLayout};
use crate::schemas::text::TypeKey;
use crate::schemas::types::NotificationType;
use crate::schemas::versions::{Version, Versions};

/// Get the layout of the tenant's emails.
#[utoipa::path(get, path = "/v1/layout", tag = "administering", operation_id = "getLayout",
    security(("producer" = ["notifications:admin"])),
    responses((status = 200, description = "The tenant's, else the shipped one.", body = Layout)))]
fn get_layout() {}

/// Replace the layout of the tenant's emails.
///
/// It holds within a minute. Whether each type's sections fit into it is not checked: preview them.
#[utoipa::path(put, path = "/v1/layout", tag = "administering", operation_id = "putLayout",
    security(("producer" = ["notifications:admin"])),
    request_body(content = PutLayout, example = json!({
        "mjml": "<mjml><mj-body>{{ content }}</mj-body></mjml>", "text": "{{ content }}\n-- \nAcme"})),
    responses((status = 200, description = "It, as it holds now.", body = Layout),
        (status = 409, response = crate::complete::Conflict)))]
fn put_layout() {}

/// Go back to the shipped layout.
#[utoipa::path(delete, path = "/v1/layout", tag = "administering", operation_id = "deleteLayout",
    security(("producer" = ["notifications:admin"])),
    responses((status = 204, description = "The shipped one holds."),
        (status = 404, response = crate::complete::NotFound),
        (status = 409, response = crate::complete::Conflict)))]
fn delete_layout() {}

/// List what a type was before.
#[utoipa::path(get, path = "/v1/types/{key}/versions", tag = "administering", operation_id = "listTypeVersions",
    security(("producer" = ["notifications:admin"])),
    params(("key" = TypeKey, Path, description = "Its key.")),
    responses((status = 200, description = "The newest first; none of a type that the tenant never changed.", body = Versions)))]
fn type_versions() {}

/// Get what a type was before.
#[utoipa::path(get, path = "/v1/types/{key}/versions/{version}", tag = "administering", operation_id = "getTypeVersion",
    security(("producer" = ["notifications:admin"])),
    params(("key" = TypeKey, Path, description = "Its key."), ("version" = u32, Path, minimum = 1, description = "Its number.")),
    responses((status = 200, description = "The document, as it was put.", body = Version)))]
fn type_version() {}

/// Make a type what it was before.
///
/// As a PUT of that version's document, so it makes a version itself.
#[utoipa::path(post, path = "/v1/types/{key}/versions/{version}/restore", tag = "administering", operation_id = "restoreType",
    security(("producer" = ["notifications:admin"])),
    params(("key" = TypeKey, Path, description = "Its key."), ("version" = u32, Path, minimum = 1, description = "Its number.")),
    responses((status = 200, description = "The type, as it holds now.", body = NotificationType),
        (status = 409, response = crate::complete::Conflict), (status = 422, response = crate::complete::Invalid)))]
fn restore_type() {}

/// List what the layout was before.
#[utoipa::path(get, path = "/v1/layout/versions", tag = "administering", operation_id = "listLayoutVersions",
    security(("producer" = ["notifications:admin"])),
    responses((status = 200, description = "The newest first.", body = Versions)))]
fn layout_versions() {}

/// Get what the layout was before.
#[utoipa::path(get, path = "/v1/layout/versions/{version}", tag = "administering", operation_id = "getLayoutVersion",
    security(("producer" = ["notifications:admin"])),
    params(("version" = u32, Path, minimum = 1, description = "Its number.")),
    responses((status = 200, description = "The document, as it was put.", body = Version)))]
fn layout_version() {}

/// Make the layout what it was before.
#[utoipa::path(post, path = "/v1/layout/versions/{version}/restore", tag = "administering", operation_id = "restoreLayout",
    security(("producer" = ["notifications:admin"])),
    params(("version" = u32, Path, minimum = 1, description = "Its number.")),
    responses((status = 200, description = "The layout, as it holds now.", body = Layout),
        (status = 409, response = crate::complete::Conflict), (status = 422, response = crate::complete::Invalid)))]
fn restore_layout() {}

/// Show what every channel would say.
///
/// Nothing is sent, and nothing is stored. What a post would be refused for is refused, by the same field.
#[utoipa::path(post, path = "/v1/templates/preview", tag = "administering", operation_id = "previewTemplates",
    security(("producer" = ["notifications:admin"])),
    request_body(content = PreviewTemplates, examples(
        ("sample" = (summary = "A type as it is, from its sample", value = json!({"type": "booking_confirmed", "locale": "de-CH"}))),
        ("draft" = (summary = "As it would be", value = json!({"type": "booking_confirmed",
            "data": {"code": "X7"}, "templates": {"title": "Booked: {{ code }}", "email": {"subject": "Your code"}}}))),
    )),
    responses((status = 200, description = "By channel.", body = Preview)))]
fn preview() {}
