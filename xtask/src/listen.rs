//! `cargo xtask listen`: a user's socket in the terminal.

use anyhow::{Context as _, Result};
use futures::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_tungstenite::tungstenite::Message;

use crate::cli;
use crate::say;
use crate::stack::Stack;
use crate::token::{self, Bearer};

pub(crate) async fn run(options: &cli::Listen) -> Result<()> {
    let stack = Stack::load(options.port)?;
    let bearer = Bearer { tenant: &options.tenant, user: &options.user, ..Bearer::default() };
    let token = token::sign(&stack.auth_secret, &bearer, token::TTL)?;
    let url = format!("{}?token={token}", stack.ws_url);
    let (socket, _) = tokio_tungstenite::connect_async(url).await.context("the socket was refused")?;
    let (mut out, mut frames) = socket.split();
    say::note(&format!("connected as {} of {}. Try: {{\"action\":\"ping\"}}", options.user, options.tenant));
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let mut typing = true;
    loop {
        tokio::select! {
            frame = frames.next() => match frame {
                Some(Ok(Message::Text(text))) => println!("{text}"),
                Some(Ok(Message::Close(why))) => {
                    say::note(&format!("closed: {why:?}"));
                    return Ok(());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error).context("the socket broke"),
                None => return Ok(()),
            },
            line = input.next_line(), if typing => match line? {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => out.send(Message::text(line)).await?,
                // Nothing more to say; go on listening.
                None => typing = false,
            },
        }
    }
}
