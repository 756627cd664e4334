//! The variable part of a path.

use axum::extract::{self, FromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;

/// As axum's `Path`, but what cannot be read (`%FF` is no UTF-8) names nothing there is: 404, as a problem, like every
/// other id there is none of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = extract::Path::from_request_parts(parts, state).await;
        path.map(|extract::Path(value)| Self(value)).map_err(|_| Problem::not_found())
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::{Request, StatusCode};
    use lambda_http::tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn what_cannot_be_read_is_not_there() {
        let router = Router::new().route("/{id}", get(async |Path(id): Path<String>| id));
        for (path, status, content_type) in [
            ("/a%20%C3%BC", StatusCode::OK, "text/plain; charset=utf-8"),
            ("/%FF", StatusCode::NOT_FOUND, "application/problem+json"),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(answer.headers()["content-type"], content_type, "{path}");
        }
    }
}
