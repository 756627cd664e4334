//! SQS and EventBridge Scheduler, as far as a sender uses them: what is sent is kept until a test takes it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use aws_sdk_scheduler::Client as Scheduler;
use aws_sdk_sqs::Client as Sqs;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use carillon_domain::Millis;
use carillon_queue::{DeliveryMessage, Later, Queue, Schedules};
use carillon_testkit::sdk_config;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// A message on the queue.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) body: String,
    /// When it becomes visible.
    pub(crate) at: Millis,
    /// The schedule that sends it, if one does.
    pub(crate) schedule: Option<String>,
}

/// What to do with the next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Take,
    Refuse,
    /// Take it, and never say so.
    TakeAndHang,
}

type Asked = (Option<String>, Value, oneshot::Sender<Response>);

/// The queue's side of a test; the server hands every request to it.
pub(crate) struct FakeQueue {
    pub(crate) later: Later,
    pub(crate) kept: Rc<RefCell<Vec<Kept>>>,
    pub(crate) next: Rc<Cell<Next>>,
    pub(crate) hung: Rc<tokio::sync::Notify>,
}

async fn ask(sender: mpsc::UnboundedSender<Asked>, schedule: Option<String>, body: Bytes) -> Response {
    let (answer, answered) = oneshot::channel();
    let body = serde_json::from_slice(&body).unwrap();
    if sender.send((schedule, body, answer)).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    // No answer: it hangs, until the client is gone.
    match answered.await {
        Ok(response) => response,
        Err(_) => std::future::pending().await,
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/x-amz-json-1.0")], body.to_string()).into_response()
}

impl FakeQueue {
    /// Starts on the current thread, on which the test's clock is too.
    pub(crate) async fn start(clock: fn() -> Millis) -> Self {
        let (sender, mut asked) = mpsc::unbounded_channel::<Asked>();
        let app = Router::new()
            .route("/", post(|State(to), body: Bytes| ask(to, None, body)))
            .route("/schedules/{name}", post(|Path(name), State(to), body: Bytes| ask(to, Some(name), body)))
            .with_state(sender);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let kept = Rc::new(RefCell::new(Vec::new()));
        let (next, hung) = (Rc::new(Cell::new(Next::Take)), Rc::new(tokio::sync::Notify::new()));
        let (keep, how, hanging) = (Rc::clone(&kept), Rc::clone(&next), Rc::clone(&hung));
        tokio::task::spawn_local(async move {
            while let Some((schedule, body, to)) = asked.recv().await {
                let how = how.replace(Next::Take);
                if how == Next::Refuse {
                    let denied = json!({"__type": "AccessDeniedException", "message": "no"});
                    let _ = to.send(answer(StatusCode::BAD_REQUEST, &denied));
                    continue;
                }
                let response = take(&mut keep.borrow_mut(), schedule, &body, clock());
                if how == Next::TakeAndHang {
                    hanging.notify_one();
                    drop(to);
                } else {
                    let _ = to.send(response);
                }
            }
        });
        let config = sdk_config(&url);
        let schedules = Schedules {
            client: Scheduler::from_conf(aws_sdk_scheduler::config::Builder::from(&config).build()),
            group: String::from("g"),
            role_arn: String::from("arn:aws:iam::000000000000:role/r"),
            queue_arn: String::from("arn:aws:sqs:us-east-1:000000000000:q"),
            dead_letter_arn: String::from("arn:aws:sqs:us-east-1:000000000000:d"),
        };
        let client = Sqs::from_conf(aws_sdk_sqs::config::Builder::from(&config).build());
        let later = Later { queue: Queue::new(client, format!("{url}/000000000000/q")), schedules };
        Self { later, kept, next, hung }
    }

    /// Takes the only message there is, and what it says.
    pub(crate) fn only(&self) -> (Kept, carillon_queue::Deliver) {
        let mut kept = std::mem::take(&mut *self.kept.borrow_mut());
        assert_eq!(kept.len(), 1, "{kept:?}");
        let one = kept.remove(0);
        let DeliveryMessage::V1(message) = serde_json::from_str(&one.body).unwrap() else {
            unreachable!("another kind")
        };
        (one, *message)
    }
}

fn take(kept: &mut Vec<Kept>, schedule: Option<String>, body: &Value, now: Millis) -> Response {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let Some(name) = schedule else {
        let at = now.plus_seconds(body["DelaySeconds"].as_i64().unwrap_or_default());
        kept.push(Kept { body: text(&body["MessageBody"]), at, schedule: None });
        return answer(StatusCode::OK, &json!({"MessageId": "m", "MD5OfMessageBody": "unchecked"}));
    };
    if kept.iter().any(|one| one.schedule.as_ref() == Some(&name)) {
        let conflict = json!({"__type": "ConflictException", "Message": "there"});
        return answer(StatusCode::CONFLICT, &conflict);
    }
    let at = text(&body["ScheduleExpression"]);
    let at = Millis::parse(&format!("{}Z", at.trim_start_matches("at(").trim_end_matches(')'))).unwrap();
    kept.push(Kept { body: text(&body["Target"]["Input"]), at, schedule: Some(name) });
    answer(StatusCode::OK, &json!({"ScheduleArn": "arn"}))
}

/// By attempt.
pub(crate) fn attempts(kept: &[Kept]) -> BTreeMap<u32, usize> {
    let mut counted = BTreeMap::new();
    for one in kept {
        let DeliveryMessage::V1(message) = serde_json::from_str(&one.body).unwrap() else {
            unreachable!("another kind")
        };
        *counted.entry(message.trace.attempt).or_default() += message.recipients.len();
    }
    counted
}
