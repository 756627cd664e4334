use std::io::Write;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::routing::{get, post};
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use lambda_http::request::RequestContext;
use lambda_http::tower::ServiceExt as _;
use serde_json::{Value, json};

use super::*;

fn router() -> Router {
    let list = get(|| async { axum::Json(json!({"data": [1, 2]})) });
    let quiet = post(|| async {
        tracing::warn!("something happened");
        StatusCode::CREATED
    });
    finish(Router::new().route("/list", list).route("/quiet", quiet))
}

async fn send(method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let request =
        headers.iter().fold(Request::builder().method(method).uri(path), |request, (name, value)| {
            request.header(*name, *value)
        });
    router().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap()
}

async fn body(response: Response) -> Vec<u8> {
    to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()
}

fn header(response: &Response, name: http::HeaderName) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let first = send("GET", "/list", &[]).await;
    let tag = header(&first, ETAG);
    assert!(tag.len() == 34 && tag.starts_with('"'), "{tag}");
    assert_eq!(header(&first, CACHE_CONTROL), "private, no-cache");
    assert_eq!(body(first).await, br#"{"data":[1,2]}"#);

    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = send("GET", "/list", &[(IF_NONE_MATCH.as_str(), &known)]).await;
        assert_eq!(
            (again.status(), header(&again, ETAG)),
            (StatusCode::NOT_MODIFIED, tag.clone()),
            "{known}"
        );
        assert_eq!(header(&again, CACHE_CONTROL), "private, no-cache");
        assert_eq!(header(&again, CONTENT_TYPE), "");
        assert!(body(again).await.is_empty());
    }
    for unknown in ["\"other\"", "", tag.trim_matches('"')] {
        let again = send("GET", "/list", &[(IF_NONE_MATCH.as_str(), unknown)]).await;
        assert_eq!(again.status(), StatusCode::OK, "{unknown}");
    }
}

#[tokio::test]
async fn head_says_what_get_would_without_the_body() {
    let get = send("GET", "/list", &[]).await;
    let head = send("HEAD", "/list", &[]).await;
    assert_eq!(head.status(), StatusCode::OK);
    for name in [ETAG, CONTENT_TYPE, CACHE_CONTROL, http::header::CONTENT_LENGTH] {
        assert_eq!(header(&head, name.clone()), header(&get, name.clone()), "{name}");
    }
    assert_eq!(header(&head, http::header::CONTENT_LENGTH), "14");
    let tag = header(&head, ETAG);
    assert!(body(head).await.is_empty());
    assert_eq!(
        send("HEAD", "/list", &[(IF_NONE_MATCH.as_str(), &tag)]).await.status(),
        StatusCode::NOT_MODIFIED
    );
    assert!(body(send("HEAD", "/nothing", &[]).await).await.is_empty());
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let wrong = send("PATCH", "/list", &[]).await;
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(header(&wrong, ALLOW), "GET,HEAD");
    assert_eq!(
        (header(&wrong, ETAG), header(&wrong, CACHE_CONTROL)),
        (String::new(), "private, no-store".into())
    );
    let problem: Value = serde_json::from_slice(&body(wrong).await).unwrap();
    assert_eq!(problem["code"], "method_not_allowed");

    let nothing = send("GET", "/nothing", &[]).await;
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&nothing, CONTENT_TYPE), "application/problem+json");
    assert_eq!(send("OPTIONS", "/list", &[]).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&send("POST", "/quiet", &[]).await, CACHE_CONTROL), "private, no-store");
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<tokio::sync::Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.try_lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn from_the_gateway(method: &str, path: &str) -> Request {
    let context = json!({"http": {"method": method}, "requestId": "JKJaXmPLvHcESHA=", "timeEpoch": 0});
    let context: lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext =
        serde_json::from_value(context).unwrap();
    let request = Request::builder().method(method).uri(path).header("x-request-id", "forged");
    request.extension(RequestContext::ApiGatewayV2(context)).body(axum::body::Body::empty()).unwrap()
}

#[tokio::test]
async fn every_answer_and_every_line_has_the_id_of_its_request() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false);
    let subscriber =
        subscriber.with_max_level(tracing::Level::WARN).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    for (method, path, status) in
        [("POST", "/quiet", 201), ("GET", "/list", 200), ("PUT", "/list", 405), ("GET", "/", 404)]
    {
        let answer = router().oneshot(from_the_gateway(method, path)).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["x-request-id"], "JKJaXmPLvHcESHA=", "{method} {path}");
    }
    let line: Value = serde_json::from_slice(&lines.0.lock().await).unwrap();
    assert_eq!(
        (&line["message"], &line["span"]["request_id"]),
        (&json!("something happened"), &json!("JKJaXmPLvHcESHA="))
    );
}
