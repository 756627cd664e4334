//! One of a user's devices: a WebSocket.

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::DEADLINE;
use crate::stack::Stack;

pub(crate) struct Device {
    name: &'static str,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Device {
    pub(crate) async fn connect(name: &'static str, stack: &Stack, token: &str) -> Result<Self> {
        let url = format!("{}?token={token}", stack.ws_url);
        let connected = timeout(DEADLINE, tokio_tungstenite::connect_async(url)).await;
        let connected =
            connected.with_context(|| format!("the {name}: no connection within {DEADLINE:?}"))?;
        let (socket, _) = connected.with_context(|| format!("the {name}: the socket was refused"))?;
        Ok(Self { name, socket })
    }

    pub(crate) async fn send(&mut self, action: &Value) -> Result<()> {
        let sent = self.socket.send(Message::text(action.to_string())).await;
        sent.with_context(|| format!("the {}: the socket broke", self.name))
    }

    /// Waits for the first frame that is wanted; others are passed over.
    pub(crate) async fn frame(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let name = self.name;
        let mut others = Vec::new();
        let waiting = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).context("a frame that is no JSON")?;
                        if wanted(&frame) {
                            return Ok(frame);
                        }
                        others.push(text.to_string());
                    }
                    Some(Ok(Message::Close(why))) => bail!("the {name} was closed: {why:?}"),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        return Err(error).with_context(|| format!("the {name}: the socket broke"));
                    }
                    None => bail!("the {name}: the socket ended"),
                }
            }
        };
        let found = timeout(DEADLINE, waiting).await;
        found.with_context(|| format!("the {name} got no {what} within {DEADLINE:?}; it got {others:?}"))?
    }
}
