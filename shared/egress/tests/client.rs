//! The client against real servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use carillon_egress::{Client, Egress, Limits, Protocol, Refused, SendError};
use futures::FutureExt as _;
use futures::future::join_all;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(20), answer: 1_000 };
const HASTE: Limits = Limits { total: Duration::from_millis(200), ..LIMITS };

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn serve(router: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn allowing(addresses: &[SocketAddr]) -> Egress {
    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    Egress::new(&list.join(","), Some("http://127.0.0.1:1")).unwrap()
}

fn client(egress: &Egress, limits: Limits) -> Client {
    Client::new(egress, limits, Protocol::Any).unwrap()
}

async fn refusal(client: &Client, url: &str) -> SendError {
    client.post(url, HeaderMap::new(), "x").await.unwrap_err()
}

/// Says that every name is a place on loopback, as a hostile name server would, and counts how often it was asked.
#[derive(Default)]
struct Hostile(AtomicUsize);

impl Resolve for Hostile {
    fn resolve(&self, _: Name) -> Resolving {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Box::new([SocketAddr::from(([127, 0, 0, 1], 0))].into_iter()) as Addrs) })
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_when_it_is_used_is_not_connected_to() {
    let (listener, address) = listen().await;
    let hostile = Arc::new(Hostile::default());
    let client =
        Client::resolving(&Egress::default(), LIMITS, Protocol::Any, Arc::<Hostile>::clone(&hostile))
            .unwrap();
    let url = format!("https://rebinding.example.com:{}/", address.port());
    assert!(Egress::default().check(&url).is_ok(), "nothing about the name itself");
    let error = refusal(&client, &url).await;
    assert_eq!(error, SendError::Refused(Refused::Address("loopback")));
    assert_eq!(hostile.0.load(Ordering::Relaxed), 1, "looked up once");
    assert!(listener.accept().now_or_never().is_none(), "nobody came");
}

#[tokio::test]
async fn an_address_in_the_url_is_refused_before_anything_is_sent() {
    let (listener, address) = listen().await;
    let error = refusal(&client(&Egress::default(), LIMITS), &format!("https://{address}/")).await;
    assert_eq!(error, SendError::Refused(Refused::Address("loopback")));
    assert!(listener.accept().now_or_never().is_none());
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (inside, elsewhere) = listen().await;
    let to = format!("http://{elsewhere}/");
    let router = Router::new()
        .route("/", post(move || async move { (StatusCode::TEMPORARY_REDIRECT, [("location", to)]) }));
    let address = serve(router).await;
    let answer = client(&allowing(&[address, elsewhere]), LIMITS)
        .post(&format!("http://{address}/"), HeaderMap::new(), "x")
        .await
        .unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert!(inside.accept().now_or_never().is_none());
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_bound() {
    let router = Router::new()
        .route("/long", post(|| async { "x".repeat(10_000_000) }))
        .route("/exact", post(|| async { "x".repeat(1_000) }));
    let address = serve(router).await;
    let client = client(&allowing(&[address]), LIMITS);
    for (path, complete) in [("long", false), ("exact", true)] {
        let answer = client.post(&format!("http://{address}/{path}"), HeaderMap::new(), "x").await.unwrap();
        assert_eq!(
            (answer.status, answer.body.len(), answer.complete),
            (StatusCode::OK, 1_000, complete),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_way_not_to_answer_has_its_name() {
    let (silent, hangs) = listen().await;
    let (rude, resets) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = rude.accept().await {
            drop(stream);
        }
    });
    let (closed, nobody) = listen().await;
    drop(closed);
    let client = client(&allowing(&[hangs, resets, nobody]), HASTE);
    for (address, code) in [(hangs, "timeout"), (resets, "connection_broken"), (nobody, "connect_failed")] {
        let error = refusal(&client, &format!("http://{address}/secret-path")).await;
        assert_eq!(error.code(), code);
        assert!(!error.to_string().contains("secret-path"), "{error}");
    }
    drop(silent);
}

#[tokio::test]
async fn a_status_counts_although_the_rest_never_comes() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // A server that answers before it is asked is another case.
        while !stream.read_u8().await.is_ok_and(|byte| byte == b'x') {}
        stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
        std::future::pending::<()>().await;
    });
    let answer = client(&allowing(&[address]), HASTE)
        .post(&format!("http://{address}/"), HeaderMap::new(), "x")
        .await
        .unwrap();
    assert_eq!((answer.status, answer.body, answer.complete), (StatusCode::CREATED, b"half".to_vec(), false));
}

#[tokio::test]
async fn by_http2_all_share_one_connection() {
    let (listener, address) = listen().await;
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let (inner, inside) = listen().await;
    tokio::spawn(async move { axum::serve(inner, Router::new().route("/", post(|| async { "ok" }))).await });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(inside).await.unwrap();
                tokio::io::copy_bidirectional(&mut stream, &mut server).await
            });
        }
    });
    let client = Client::new(&allowing(&[address]), LIMITS, Protocol::Http2).unwrap();
    let url = format!("http://{address}/");
    let answers = join_all((0..50).map(|_| client.post(&url, HeaderMap::new(), "x"))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == StatusCode::OK)));
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

/// All of it goes over one connection; when that no longer carries anything, and says nothing, another is made.
#[tokio::test]
async fn a_connection_that_falls_silent_is_replaced() {
    let (listener, address) = listen().await;
    let (inner, inside) = listen().await;
    tokio::spawn(async move { axum::serve(inner, Router::new().route("/", post(|| async { "ok" }))).await });
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let silent = Arc::new(tokio::sync::Notify::new());
    let silence = Arc::clone(&silent);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
            let silence = Arc::clone(&silence);
            open.push(tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(inside).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut stream, &mut server) => {}
                    () = silence.notified(), if first => std::future::pending().await,
                }
            }));
        }
    });
    let limits = Limits { total: Duration::from_secs(5), ..LIMITS };
    let client = Client::new(&allowing(&[address]), limits, Protocol::Http2).unwrap();
    let url = format!("http://{address}/");
    let ask = async || client.post(&url, HeaderMap::new(), "x").await.map(|answer| answer.status);
    assert_eq!(ask().await, Ok(StatusCode::OK));
    silent.notify_one();
    assert!(ask().await.is_err(), "nobody is there");
    assert_eq!(ask().await, Ok(StatusCode::OK));
    assert_eq!(connections.load(Ordering::Relaxed), 2);
}
