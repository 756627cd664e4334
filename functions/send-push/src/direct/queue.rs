//! For tests: a queue that keeps what it is sent.

use std::sync::Arc;

use aws_sdk_scheduler::Client as Scheduler;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use carillon_queue::{Later, Queue, Schedules};
use carillon_testkit::sdk_config;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

pub(crate) type Kept = Arc<Mutex<Vec<Value>>>;

/// Keeps what is sent. It has the time to spare: what it is sent with a delay is there at once.
pub(crate) async fn queue() -> (Later, Kept) {
    queue_of(0).await
}

/// The same, but answers none before it has been asked so often.
pub(crate) async fn queue_of(least: usize) -> (Later, Kept) {
    let kept = Kept::default();
    let came = Arc::new(watch::Sender::new(0));
    let app = Router::new().fallback(async move |State(kept): State<Kept>, body: Bytes| {
        came.send_modify(|came| *came += 1);
        came.subscribe().wait_for(|came| *came >= least).await.unwrap();
        kept.lock().await.push(serde_json::from_slice(&body).unwrap());
        let answer = json!({"MessageId": "m", "MD5OfMessageBody": "unchecked"}).to_string();
        ([("content-type", "application/x-amz-json-1.0")], answer)
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = app.with_state(Arc::clone(&kept));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let config = sdk_config(&url);
    let schedules = Schedules {
        client: Scheduler::new(&config),
        group: "g".into(),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        queue_arn: "arn:aws:sqs:us-east-1:000000000000:q".into(),
        dead_letter_arn: "arn:aws:sqs:us-east-1:000000000000:d".into(),
    };
    let queue = Queue::new(aws_sdk_sqs::Client::new(&config), format!("{url}/000000000000/q"));
    (Later { queue, schedules }, kept)
}
