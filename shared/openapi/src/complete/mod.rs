//! What is true of every operation, said once.

mod schemas;
mod shared;

use serde_json::{Value, json};
use utoipa::ToResponse;
use utoipa::openapi::{Ref, RefOr, Response};

macro_rules! shared {
    ($($name:ident $doc:literal)+) => {$(
        #[doc = $doc]
        pub(crate) struct $name;

        impl<'r> ToResponse<'r> for $name {
            fn response() -> (&'r str, RefOr<Response>) {
                (stringify!($name), Ref::from_response_name(stringify!($name)).into())
            }
        }
    )+};
}

shared! {
    BadRequest "400."
    Conflict "409."
    Invalid "422."
    NotFound "404."
}

/// Completes what utoipa made.
pub(crate) fn complete(document: &mut Value) {
    put(document, "/components/securitySchemes", shared::security());
    put(document, "/components/responses", shared::responses());
    put(document, "/components/headers", shared::headers());
    put(document, "/components/parameters", shared::parameters());
    let paths = document.pointer_mut("/paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete_operation(path, method, operation);
        }
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas::complete(schemas);
    }
}

fn put(at: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    if let Some(parent) = at.pointer_mut(parent).and_then(Value::as_object_mut) {
        parent.insert(name.to_owned(), value);
    }
}

fn complete_operation(path: &str, method: &str, operation: &mut Value) {
    let secured =
        operation.pointer("/security/0").and_then(Value::as_object).is_some_and(|some| !some.is_empty());
    let has_body = operation.get("requestBody").is_some();
    let has_query = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|parameter| parameter.get("in") == Some(&json!("query")));
    let mut problems = vec![("429", "Throttled"), ("500", "Internal")];
    if secured {
        problems.extend([("401", "Unauthenticated"), ("403", "Forbidden"), ("503", "Unavailable")]);
    }
    if has_body {
        problems.extend([("400", "BadRequest"), ("413", "TooLarge"), ("415", "UnsupportedMediaType")]);
    }
    if has_body || has_query || path.contains("{user_id}") {
        problems.push(("422", "Invalid"));
    }
    // Also for a path that cannot be read.
    if path.contains('{') {
        problems.push(("404", "NotFound"));
    }
    if method == "get" {
        problems.push(("304", "NotModified"));
        let parameters =
            operation.as_object_mut().map(|members| members.entry("parameters").or_insert(json!([])));
        if let Some(parameters) = parameters.and_then(Value::as_array_mut) {
            parameters.push(json!({"$ref": "#/components/parameters/IfNoneMatch"}));
        }
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, response) in responses.iter_mut() {
        if response.get("$ref").is_none() {
            with_header(response, "x-request-id", "RequestId");
            if method == "get" && status == "200" {
                with_header(response, "etag", "ETag");
            }
        }
    }
    for (status, name) in problems {
        let named = json!({"$ref": format!("#/components/responses/{name}")});
        responses.entry(status).or_insert(named);
    }
}

fn with_header(response: &mut Value, name: &str, component: &str) {
    let headers = response.as_object_mut().map(|members| members.entry("headers").or_insert(json!({})));
    if let Some(headers) = headers.and_then(Value::as_object_mut) {
        headers.insert(name.to_owned(), json!({"$ref": format!("#/components/headers/{component}")}));
    }
}
