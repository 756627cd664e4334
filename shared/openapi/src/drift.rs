//! Whether a router answers what the document says, and the document says all it answers.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use http::Request;
use http::header::ALLOW;
use tower::ServiceExt as _;

use crate::operations;

/// What is in one and not in the other; empty if they agree. The routes are those that the router's source names, and
/// their methods what the router says itself when it is asked for a method that nobody has.
pub async fn drift(router: Router, source: &str, tags: &[&str]) -> Vec<String> {
    let mut answered = BTreeSet::new();
    let routes = source.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1));
    for route in routes {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = concrete(route).parse().unwrap_or_default();
        *request.method_mut() = http::Method::from_bytes(b"NOBODYS").unwrap_or_default();
        let Ok(response) = router.clone().oneshot(request).await;
        let allow = response.headers().get(ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
        // HEAD is answered wherever GET is.
        let methods = allow.split(',').map(str::trim).filter(|method| !["", "HEAD"].contains(method));
        answered.extend(methods.map(|method| (method.to_owned(), route.to_owned())));
    }
    let documented = operations(tags);
    let same = |(method, path): &(String, String), (other, route): &(String, String)| {
        method == other && covers(route, path)
    };
    let unsaid = answered.iter().filter(|route| !documented.iter().any(|operation| same(operation, route)));
    let unanswered =
        documented.iter().filter(|operation| !answered.iter().any(|route| same(operation, route)));
    let unsaid = unsaid.map(|(method, path)| format!("{method} {path} is answered, but not in the document"));
    let unanswered =
        unanswered.map(|(method, path)| format!("{method} {path} is in the document, but not answered"));
    unsaid
        .chain(unanswered)
        .chain(answered.is_empty().then(|| String::from("no routes found in the source")))
        .collect()
}

/// A path that the route takes.
fn concrete(route: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { String::from("x") } else { part.to_owned() };
    route.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Whether a documented path is answered by this route: by name, or as a value of its parameter (`bulk` is a `{user_id}`).
fn covers(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    let same = |(route, path): (&&str, &&str)| route == path || route.starts_with('{');
    route.len() == path.len() && route.iter().zip(&path).all(same)
}
