//! Names become addresses, and what must not be connected to is left out.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{Egress, Refused, address_refused};

/// The system's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port comes from the URL.
            let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// What it returns is what is connected to: nothing is looked up again in between.
pub(crate) struct Filtered {
    pub(crate) egress: Egress,
    pub(crate) inner: Arc<dyn Resolve>,
}

impl Resolve for Filtered {
    fn resolve(&self, name: Name) -> Resolving {
        let listed = self.egress.lists(name.as_str());
        let found = self.inner.resolve(name);
        Box::pin(async move {
            let (mut kept, mut refused) = (Vec::new(), None);
            for address in found.await? {
                match kept_out(address, listed) {
                    Some(kind) => refused = Some(kind),
                    None => kept.push(address),
                }
            }
            match refused {
                Some(kind) if kept.is_empty() => Err(Refused::Address(kind).into()),
                _ => Ok(Box::new(kept.into_iter()) as Addrs),
            }
        })
    }
}

/// A listed name is a stand-in on loopback: it leads there or nowhere.
fn kept_out(address: SocketAddr, listed: bool) -> Option<&'static str> {
    let ip = address.ip();
    if listed { (!ip.is_loopback()).then_some("remote") } else { address_refused(ip) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says the same of every name.
    struct Says(&'static [&'static str]);

    impl Resolve for Says {
        fn resolve(&self, _: Name) -> Resolving {
            let addresses: Vec<SocketAddr> =
                self.0.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
            Box::pin(async move { Ok(Box::new(addresses.into_iter()) as Addrs) })
        }
    }

    async fn resolve(name: &str, says: &'static [&'static str]) -> Result<Vec<String>, String> {
        let egress = Egress::new("localhost:9000", Some("http://127.0.0.1:4566")).unwrap();
        let filtered = Filtered { egress, inner: Arc::new(Says(says)) };
        let found = filtered.resolve(name.parse().unwrap()).await.map_err(|error| error.to_string())?;
        Ok(found.map(|address| address.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn of_several_addresses_the_ordinary_ones_are_kept() {
        let kept =
            resolve("push.example.com", &["10.0.0.1", "8.8.8.8", "::1", "2600::1", "::ffff:127.0.0.1"]).await;
        assert_eq!(kept.unwrap(), ["8.8.8.8", "2600::1"]);
        let none = resolve("push.example.com", &["10.0.0.1", "169.254.169.254"]).await;
        assert_eq!(none.unwrap_err(), "must not lead to a link-local address");
        assert!(resolve("push.example.com", &[]).await.unwrap().is_empty(), "the connector says so itself");
    }

    #[tokio::test]
    async fn a_listed_name_leads_to_loopback_or_nowhere() {
        assert_eq!(resolve("localhost", &["127.0.0.1", "::1"]).await.unwrap(), ["127.0.0.1", "::1"]);
        assert_eq!(resolve("localhost", &["8.8.8.8", "127.0.0.1"]).await.unwrap(), ["127.0.0.1"]);
        assert!(resolve("localhost", &["10.0.0.1"]).await.is_err());
    }
}
