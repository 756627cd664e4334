//! What a newcomer needs, once all runs.

use crate::stack::Stack;

pub(crate) fn print(stack: &Stack, detached: bool) {
    let token = |name: &str| stack.tokens.get(name).map_or("", String::as_str);
    let Stack { http_url, ws_url, aws_endpoint_url, sinks_url, vapid_public_key, port, .. } = stack;
    let end = if detached {
        format!("It runs until: cargo xtask down --port {port}    Log: {}", stack.log.display())
    } else {
        format!("Ctrl-C stops it. The functions' logs follow; all else is in {}", stack.log.display())
    };
    println!(
        "
Carillon runs.

HTTP       {http_url}
WebSocket  {ws_url}?token=…
AWS        {aws_endpoint_url} (region us-east-1, credentials test/test)
Sinks      {sinks_url} (a page with what push sent; nothing of it leaves this machine)
Mails      {aws_endpoint_url}/_carillon/mails (a page with mails and text messages, of which the same is true)
Web Push   {vapid_public_key} (the key that browsers subscribe with)

Tokens of tenant acme, good for 12 hours (more: cargo xtask token --help)
alice      {alice}
bob        {bob}
producer   {producer}
admin      {admin}

Open alice's socket, in a second terminal:
cargo xtask listen --user alice --port {port}

Send her a notification, in a third:
curl -sS '{http_url}/v1/notifications' \\
  -H 'authorization: Bearer {producer}' \\
  -H 'content-type: application/json' \\
  -d '{{\"type\":\"booking_confirmed\",\"recipient\":\"alice\",\"title\":\"Table for two\",\"body\":\"Friday, 19:00\"}}'

Read her inbox:
curl -sS '{http_url}/api/notifications' -H 'authorization: Bearer {alice}'

Any other WebSocket client does as well: websocat '{ws_url}?token={alice}'

{end}
",
        alice = token("alice"),
        bob = token("bob"),
        producer = token("producer"),
        admin = token("admin"),
    );
}
