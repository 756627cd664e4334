//! A WebSocket client: sends actions, collects events, and can vanish without a goodbye. Every frame it receives must be
//! as `docs/asyncapi.yaml` says; one that is not fails whoever waits for the next, or drops the client.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest as _};

use crate::{AsyncApi, DEADLINE};

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The upgrade was answered with this HTTP status.
    Refused(u16),
    /// Something else went wrong.
    Failed(anyhow::Error),
}

impl std::fmt::Display for ConnectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the upgrade was refused with {status}"),
            Self::Failed(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for ConnectError {}

enum Command {
    Send(String),
    Close,
    Vanish,
}

/// One device.
#[derive(Debug)]
pub struct Socket {
    commands: mpsc::UnboundedSender<Command>,
    frames: mpsc::UnboundedReceiver<Result<Value>>,
    /// Events that came before the one that was waited for.
    kept: VecDeque<Value>,
    /// Set when the connection is over: to the close code, if there was a close frame.
    over: watch::Receiver<Option<Option<u16>>>,
}

impl Socket {
    /// Connects and completes the upgrade.
    ///
    /// # Errors
    /// [`ConnectError::Refused`] with the status where the server does not upgrade.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        let stream = Self::dial(url).await.map_err(ConnectError::Failed)?;
        let request = url.into_client_request().map_err(|error| ConnectError::Failed(error.into()))?;
        let upgrade = tokio::time::timeout(DEADLINE, tokio_tungstenite::client_async(request, stream));
        let stream = match upgrade.await.map_err(|error| ConnectError::Failed(error.into()))? {
            Ok((stream, _)) => stream,
            Err(Error::Http(response)) => return Err(ConnectError::Refused(response.status().as_u16())),
            Err(error) => return Err(ConnectError::Failed(error.into())),
        };
        let (commands, to_do) = mpsc::unbounded_channel();
        let (arrived, frames) = mpsc::unbounded_channel();
        let (ended, over) = watch::channel(None);
        tokio::spawn(async move {
            let code = run(stream, to_do, arrived).await;
            ended.send_replace(Some(code));
        });
        Ok(Self { commands, frames, kept: VecDeque::new(), over })
    }

    async fn dial(url: &str) -> Result<TcpStream> {
        let authority = url.strip_prefix("ws://").and_then(|rest| rest.split('/').next());
        let stream = TcpStream::connect(authority.context("the local cloud's sockets are ws://")?).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Sends an action.
    pub fn send(&self, action: &Value) {
        self.send_text(action.to_string());
    }

    /// Sends any text.
    pub fn send_text(&self, text: impl Into<String>) {
        // Fails only when the connection is over, which the next `expect` says.
        let _ = self.commands.send(Command::Send(text.into()));
    }

    /// Waits for an event and returns its `data`. Others that come first are kept for later calls.
    ///
    /// # Errors
    /// If it does not come before the deadline, with what came instead.
    pub async fn expect(&mut self, event: &str) -> Result<Value> {
        self.expect_where(event, |_| true).await
    }

    /// The same for an event whose data fulfils a condition.
    ///
    /// # Errors
    /// If none comes before the deadline, with what came instead.
    pub async fn expect_where(&mut self, event: &str, matches: impl Fn(&Value) -> bool) -> Result<Value> {
        let wanted = |frame: &Value| {
            frame.get("event").and_then(Value::as_str) == Some(event)
                && frame.get("data").is_some_and(&matches)
        };
        let position = self.kept.iter().position(wanted);
        if let Some(frame) = position.and_then(|position| self.kept.remove(position)) {
            return Ok(data(frame));
        }
        let waiting = async {
            while let Some(frame) = self.frames.recv().await {
                let frame = frame?;
                if wanted(&frame) {
                    return Ok(Some(frame));
                }
                self.kept.push_back(frame);
            }
            anyhow::Ok(None)
        };
        match tokio::time::timeout(DEADLINE, waiting).await {
            Ok(Ok(Some(frame))) => Ok(data(frame)),
            Ok(Err(misfit)) => Err(misfit),
            Ok(Ok(None)) => bail!("closed before {event:?}; came: {:?}", self.kept),
            Err(_) => bail!("no {event:?} within {DEADLINE:?}; came: {:?}", self.kept),
        }
    }

    /// Sends an action under an id of its own and returns the data of its ack.
    ///
    /// # Errors
    /// If it is none of those in `docs/asyncapi.yaml`, is answered with an error, or not at all.
    pub async fn ask(&mut self, mut action: Value) -> Result<Value> {
        let id = ulid::Ulid::generate().to_string();
        action["id"] = json!(id);
        AsyncApi::get()?.check_action(&action)?;
        self.send(&action);
        self.expect_where("ack", |data| data.get("id") == Some(&json!(id))).await
    }

    /// Sends an action under an id of its own that cannot be done, and returns the data of the error.
    ///
    /// # Errors
    /// If there is none.
    pub async fn refused(&mut self, mut action: Value) -> Result<Value> {
        let id = ulid::Ulid::generate().to_string();
        action["id"] = json!(id);
        self.send(&action);
        self.expect_where("error", |data| data.get("id") == Some(&json!(id))).await
    }

    /// Everything that came and was not asked for, after a round trip that flushes what is under way.
    ///
    /// # Errors
    /// If the socket does not answer any more.
    pub async fn came(&mut self) -> Result<Vec<Value>> {
        let stamp = ulid::Ulid::generate().to_string();
        self.send(&json!({"action": "ping", "timestamp": stamp}));
        self.expect_where("pong", |data| data.get("timestamp") == Some(&json!(stamp))).await?;
        Ok(self.kept.iter().cloned().collect())
    }

    /// The data of everything of one event that came so far and was not asked for.
    ///
    /// # Errors
    /// As [`Self::came`].
    pub async fn all(&mut self, event: &str) -> Result<Vec<Value>> {
        let came = self.came().await?;
        Ok(came.into_iter().filter(|frame| frame["event"] == event).map(data).collect())
    }

    /// `resync`, and all notifications of its pages, in order. `pages` tells how many there were.
    ///
    /// # Errors
    /// If the pages do not come.
    pub async fn resync(&mut self, since: Option<&str>) -> Result<Resynced> {
        let mut action = json!({"action": "resync"});
        if let Some(since) = since {
            action["last_sync_at"] = json!(since);
        }
        self.send(&action);
        let (mut notifications, mut pages) = (Vec::new(), 0);
        loop {
            let page = self.expect("sync").await?;
            pages += 1;
            notifications.extend(crate::list(&page, "notifications")?.iter().cloned());
            if page["has_more"] == false {
                return Ok(Resynced { notifications, pages, last: page });
            }
            if let Some(next) = page.get("next") {
                let on = json!({"action": "resync", "after": next});
                AsyncApi::get()?.check_action(&on)?;
                self.send(&on);
            }
        }
    }

    /// Closes with a close frame.
    pub fn close(&self) {
        let _ = self.commands.send(Command::Close);
    }

    /// Resets the TCP connection, as a phone in a tunnel does.
    pub fn vanish(&self) {
        let _ = self.commands.send(Command::Vanish);
    }

    /// Waits until the connection is over and returns the server's close code, if it sent one.
    ///
    /// # Errors
    /// If it is still open at the deadline.
    pub async fn closed(&mut self, deadline: Duration) -> Result<Option<u16>> {
        let over = tokio::time::timeout(deadline, self.over.wait_for(Option::is_some)).await;
        let over = over.map_err(|_| anyhow!("still open after {deadline:?}"))??;
        Ok(over.flatten())
    }

    /// Whether nobody has ended the connection yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.over.borrow().is_none()
    }
}

impl Drop for Socket {
    /// What nobody waited for must be in order too.
    fn drop(&mut self) {
        while let Ok(frame) = self.frames.try_recv() {
            let misfit = frame.err().filter(|_| !std::thread::panicking());
            assert!(misfit.is_none(), "{misfit:?}");
        }
    }
}

/// A frame as the document has it.
fn checked(text: &str) -> Result<Value> {
    let frame = serde_json::from_str(text).with_context(|| format!("no JSON: {text}"))?;
    AsyncApi::get()?.check_event(&frame)?;
    Ok(frame)
}

/// What a resync brought.
#[derive(Debug)]
pub struct Resynced {
    /// Of all pages.
    pub notifications: Vec<Value>,
    /// How many `sync` events there were.
    pub pages: usize,
    /// The data of the last one.
    pub last: Value,
}

fn data(mut frame: Value) -> Value {
    frame.get_mut("data").map(Value::take).unwrap_or_default()
}

async fn run(
    mut stream: WebSocketStream<TcpStream>,
    mut commands: mpsc::UnboundedReceiver<Command>,
    frames: mpsc::UnboundedSender<Result<Value>>,
) -> Option<u16> {
    let mut code = None;
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Send(text)) => stream.send(Message::text(text)).await.ok()?,
                Some(Command::Close) => stream.close(None).await.ok()?,
                Some(Command::Vanish) => {
                    stream.get_ref().set_zero_linger().ok()?;
                    return code;
                }
                None => return code,
            },
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = frames.send(checked(&text));
                }
                Some(Ok(Message::Close(frame))) => code = frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return code,
            },
        }
    }
}
