//! An SES, a Secrets Manager, and a sender by them.

use std::time::Duration;

use aws_sdk_secretsmanager::Client as Secrets;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use carillon_domain::{Address, Channel, RetrySchedule};
use carillon_email::Domains;
use carillon_queue::Addressee;
use carillon_runtime::PROVIDER_TIMEOUT;
use carillon_sender::Lookup;
use carillon_store::Recipients;
use carillon_testkit::{Asked, FakeService, Reply, sdk_config};
use carillon_unsubscribe::KeySource;
use serde_json::{Value, json};

use crate::letter::Letters;
use crate::sender::Sender;
use crate::ses::Ses;
use crate::settings::Sources;

#[path = "../../../shared/sender/tests/support/channel.rs"]
mod channel;

pub(crate) use channel::{Desk, Log, addressee as to, later};

/// What links to unsubscribe are signed with.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
/// The deployment's address.
const FROM: &str = "hello@carillon.example";

/// A sender and its world.
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) ses: FakeService,
    pub(crate) secrets: FakeService,
    pub(crate) sender: Sender,
}

/// As patient as the function's own.
pub(crate) fn client(url: &str) -> Ses {
    waiting(url, PROVIDER_TIMEOUT)
}

/// For who never answers.
pub(crate) fn impatient(url: &str) -> Ses {
    waiting(url, Duration::from_millis(500))
}

fn waiting(url: &str, timeout: Duration) -> Ses {
    let timeouts = TimeoutConfig::builder().operation_timeout(timeout).build();
    let config = aws_sdk_sesv2::config::Builder::from(&sdk_config(url)).timeout_config(timeouts);
    let client = aws_sdk_sesv2::Client::from_conf(config.retry_config(RetryConfig::disabled()).build());
    Ses::new(client, Some(String::from("events")))
}

impl World {
    /// SES takes everything.
    pub(crate) async fn new() -> Self {
        Self::with(|_| None).await
    }

    /// SES answers so, and takes the rest.
    pub(crate) async fn with(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let taken = json!({"MessageId": "ses-1"}).to_string();
        let answer = move |asked: &Asked| answer(asked).unwrap_or_else(|| Reply::Says(200, taken.clone()));
        let ses = FakeService::start(answer).await.unwrap();
        let secret = json!({"Name": "u", "SecretString": json!({"key": KEY}).to_string()}).to_string();
        let secrets = FakeService::start(move |_| Reply::Says(200, secret.clone())).await.unwrap();
        let desk = Desk::new(Channel::Email, RetrySchedule::EMAIL).await;
        let sender = sender(client(ses.url()), &secrets, &desk, FROM);
        Self { desk, ses, secrets, sender }
    }

    /// Which does not wait for SES as long.
    pub(crate) fn impatient(self) -> Self {
        let sender = sender(impatient(self.ses.url()), &self.secrets, &self.desk, FROM);
        Self { sender, ..self }
    }

    /// From another address of the deployment.
    pub(crate) fn from(self, default: &str) -> Self {
        Self { sender: sender(client(self.ses.url()), &self.secrets, &self.desk, default), ..self }
    }

    /// With another Secrets Manager.
    pub(crate) fn secrets(self, secrets: FakeService) -> Self {
        let sender = sender(client(self.ses.url()), &secrets, &self.desk, FROM);
        Self { sender, secrets, ..self }
    }

    /// A sender that has no catalog.
    pub(crate) fn blind(&self) -> Sender {
        let lookup = Lookup::by(self.desk.dynamo.client(), String::from("none")).unwrap();
        by(client(self.ses.url()), &self.secrets, &self.desk, FROM, lookup)
    }

    /// What came to SES, in order, each with its message.
    pub(crate) fn mails(&self) -> Vec<(Value, String)> {
        let read = |asked: &Asked| {
            assert_eq!(asked.path, "/v2/email/outbound-emails");
            let body = asked.json();
            let raw = STANDARD.decode(body["Content"]["Raw"]["Data"].as_str().unwrap()).unwrap();
            (body, String::from_utf8(raw).unwrap())
        };
        self.ses.asked().iter().map(read).collect()
    }
}

pub(crate) fn recipients(desk: &Desk) -> Recipients {
    Recipients::new(desk.dynamo.client(), desk.dynamo.table("Recipients"))
}

fn sender(ses: Ses, secrets: &FakeService, desk: &Desk, default_from: &str) -> Sender {
    by(ses, secrets, desk, default_from, desk.lookup())
}

fn by(ses: Ses, secrets: &FakeService, desk: &Desk, default_from: &str, lookup: Lookup) -> Sender {
    let sources = Sources {
        default_from: default_from.to_owned(),
        domains: Domains::parse("acme=acme.example").unwrap(),
        public_url: String::from("https://api.example"),
    };
    let keys = KeySource::new(Secrets::new(&sdk_config(secrets.url())), String::from("u"));
    Sender::new(ses, lookup, recipients(desk), Letters::new(sources, keys), channel::clock)
}

pub(crate) fn email(user: &str, address: &str) -> Addressee {
    to(user, Address::Email(address.to_owned()), None)
}
