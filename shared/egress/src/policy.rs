//! Where requests may go.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use reqwest::Url;

use crate::address_refused;

/// Where requests may go: the internet by https, and, where the whole of AWS is on loopback, the listed stand-ins there.
#[derive(Debug, Clone, Default)]
pub struct Egress {
    loopback: Arc<BTreeSet<(String, u16)>>,
}

/// A function cannot start so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// On AWS the function's loopback is its own runtime.
    #[error("LOOPBACK_ALLOWED must be empty on AWS")]
    OnAws,
    /// What it must look like.
    #[error("LOOPBACK_ALLOWED must list host:port, each on loopback, separated by commas")]
    NotLoopback,
}

/// Nothing is sent there. The text fits after the name of the field that has the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not a URL.
    #[error("must be a URL")]
    NotUrl,
    /// It is not https.
    #[error("must be an https URL")]
    NotHttps,
    /// It names a user or password.
    #[error("must not carry a user name or password")]
    Credentials,
    /// The address, or every address of the name, is of a kind that nothing is sent to.
    #[error("must not lead to a {0} address")]
    Address(&'static str),
}

impl Egress {
    /// The internet, and of loopback the listed `host:port`. `aws_endpoint` is where AWS is said to be, if anywhere
    /// special: only if that is on loopback too can the list be other than empty.
    pub fn new(loopback: &str, aws_endpoint: Option<&str>) -> Result<Self, EgressError> {
        let entries = loopback.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let loopback: BTreeSet<_> =
            entries.map(entry).collect::<Option<_>>().ok_or(EgressError::NotLoopback)?;
        let local = aws_endpoint.and_then(|url| Url::parse(url).ok()).is_some_and(|url| on_loopback(&url));
        if !loopback.is_empty() && !local {
            return Err(EgressError::OnAws);
        }
        Ok(Self { loopback: Arc::new(loopback) })
    }

    /// As `LOOPBACK_ALLOWED` and `AWS_ENDPOINT_URL` say.
    pub fn from_env() -> Result<Self, EgressError> {
        let loopback = std::env::var("LOOPBACK_ALLOWED").unwrap_or_default();
        Self::new(&loopback, std::env::var("AWS_ENDPOINT_URL").ok().as_deref())
    }

    /// Refuses what can be told from the URL alone; where a name leads is only known when connecting.
    pub fn check(&self, url: &str) -> Result<Url, Refused> {
        let url = Url::parse(url).map_err(|_| Refused::NotUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Refused::NotUrl)?;
        if url.port_or_known_default().is_some_and(|port| self.loopback.contains(&(host.to_owned(), port))) {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(Refused::NotHttps);
        }
        if self.lists(host) {
            // Connecting, a listed name leads to loopback whatever the port: only the listed ones are for us.
            return Err(Refused::Address("loopback"));
        }
        literal(host).and_then(address_refused).map_or(Ok(url), |kind| Err(Refused::Address(kind)))
    }

    /// Whether this name is listed: it must then lead to loopback, else nowhere near. The port was checked with the URL.
    pub(crate) fn lists(&self, name: &str) -> bool {
        self.loopback.iter().any(|(host, _)| host == name)
    }
}

/// One of the list, as a URL would name it.
fn entry(text: &str) -> Option<(String, u16)> {
    let url = Url::parse(&format!("http://{text}/")).ok().filter(on_loopback)?;
    let (host, port) = (url.host_str()?.to_owned(), url.port_or_known_default()?);
    // Nothing but host and port, and the port given.
    (text == format!("{host}:{port}")).then_some((host, port))
}

fn on_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || literal(host).is_some_and(|address| address.is_loopback())
}

/// The address that a URL's host is, unless it is a name. `Url` has already read the other ways to write IPv4.
fn literal(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: Option<&str> = Some("http://127.0.0.1:4566");

    #[test]
    fn the_list_is_for_the_local_cloud_only() {
        for aws in [LOCAL, Some("http://localhost:4566"), Some("http://[::1]:4566")] {
            assert!(Egress::new("127.0.0.1:9000", aws).is_ok(), "{aws:?}");
        }
        for aws in [None, Some("https://sqs.eu-central-1.amazonaws.com"), Some("http://10.0.0.1"), Some("")] {
            assert_eq!(Egress::new("127.0.0.1:9000", aws).unwrap_err(), EgressError::OnAws, "{aws:?}");
            assert!(Egress::new(" ", aws).is_ok(), "nothing is listed");
        }
    }

    #[test]
    fn each_entry_is_an_exact_place_on_loopback() {
        assert!(Egress::new("127.0.0.1:9000, localhost:9001,[::1]:80", LOCAL).is_ok());
        for bad in [
            "127.0.0.1",
            "*:9000",
            "10.0.0.1:80",
            "example.com:80",
            "http://127.0.0.1:80",
            "127.0.0.1:80/x",
            "127.1:80",
            "user@127.0.0.1:80",
            "127.0.0.1:0x50",
            ":80",
            "169.254.169.254:80",
        ] {
            assert_eq!(Egress::new(bad, LOCAL).unwrap_err(), EgressError::NotLoopback, "{bad}");
        }
    }

    #[test]
    fn what_a_url_alone_tells_is_refused_at_once() {
        let egress = Egress::new("127.0.0.1:9000,localhost:9001", LOCAL).unwrap();
        for good in [
            "https://push.example.com/x",
            "https://8.8.8.8/x",
            "https://[2600::1]:8443/",
            "http://127.0.0.1:9000/x",
            "https://127.0.0.1:9000/",
            "http://localhost:9001/",
            "http://0x7f.1:9000/",
        ] {
            assert!(egress.check(good).is_ok(), "{good}");
        }
        let table = [
            ("/x", Refused::NotUrl),
            ("mailto:ann@example.com", Refused::NotUrl),
            ("http://push.example.com/x", Refused::NotHttps),
            ("ftp://push.example.com/x", Refused::NotHttps),
            ("http://127.0.0.1:9001/", Refused::NotHttps),
            ("http://localhost:9000/", Refused::NotHttps),
            ("https://user@example.com/", Refused::Credentials),
            ("https://:secret@example.com/", Refused::Credentials),
            ("https://user@127.0.0.1:9000/", Refused::Credentials),
            ("https://127.0.0.1/", Refused::Address("loopback")),
            ("https://localhost/", Refused::Address("loopback")),
            ("https://localhost:9000/", Refused::Address("loopback")),
            ("https://LOCALHOST:8443/", Refused::Address("loopback")),
            ("https://127.1/", Refused::Address("loopback")),
            ("https://2130706433/", Refused::Address("loopback")),
            ("https://0x7f000001/", Refused::Address("loopback")),
            ("https://0177.0.0.1/", Refused::Address("loopback")),
            ("https://169.254.169.254/latest/meta-data", Refused::Address("link-local")),
            ("https://[fd00:ec2::254]/", Refused::Address("unique local")),
            ("https://[::ffff:10.0.0.1]/", Refused::Address("private")),
            ("https://\u{ff11}0.0.0.1/", Refused::Address("private")),
        ];
        for (url, refused) in table {
            assert_eq!(egress.check(url), Err(refused), "{url}");
        }
    }
}
