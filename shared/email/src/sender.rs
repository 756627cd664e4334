//! Whom a tenant's emails are from.

use std::collections::BTreeMap;

use carillon_domain::{TenantId, TenantSettings};

use crate::address::{ascii_address, ascii_domain};

/// Stands for every tenant.
const ANY: &str = "*";

/// An address with the name that is shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Shown name.
    pub name: Option<String>,
    /// ASCII.
    pub address: String,
}

/// Which tenant may send from which domains: what the deployment's `EMAIL_DOMAINS` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Domains(BTreeMap<String, Vec<String>>);

/// What cannot be read as grants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be tenant=domain[,domain];…, where * is any tenant: {0:?} is not")]
pub struct DomainsError(String);

/// Why nobody can be the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// Neither the tenant nor the deployment has an address.
    #[error("there is no address to send from")]
    NoAddress,
    /// The deployment does not grant the tenant the domain of its address.
    #[error("the tenant may not send from this domain")]
    Domain,
}

impl Domains {
    /// Reads `tenant=domain[,domain];…`; `*` is any tenant. Empty grants nothing.
    pub fn parse(text: &str) -> Result<Self, DomainsError> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for grant in text.split(';').map(str::trim).filter(|grant| !grant.is_empty()) {
            let wrong = || DomainsError(grant.to_owned());
            let (tenant, domains) = grant.split_once('=').ok_or_else(wrong)?;
            let tenant = tenant.trim();
            if tenant != ANY && TenantId::parse(tenant).is_err() {
                return Err(wrong());
            }
            let domains = domains.split(',').map(|domain| ascii_domain(domain.trim()).ok_or_else(wrong));
            let domains: Vec<String> = domains.collect::<Result<_, _>>()?;
            all.entry(tenant.to_owned()).or_default().extend(domains);
        }
        Ok(Self(all))
    }

    /// Whether a tenant may send from an address: its domain is granted, exactly.
    #[must_use]
    pub fn grants(&self, tenant: &TenantId, address: &str) -> bool {
        let Some(domain) = address.rsplit_once('@').and_then(|(_, domain)| ascii_domain(domain)) else {
            return false;
        };
        let mut granted = [tenant.as_str(), ANY].into_iter().filter_map(|who| self.0.get(who)).flatten();
        granted.any(|one| *one == domain)
    }
}

/// The tenant's own address where the deployment grants it, else the deployment's (which may be empty: there is none).
/// A tenant's address that is not granted is no reason to send in another's name.
pub fn sender_of(
    settings: &TenantSettings,
    tenant: &TenantId,
    default_from: &str,
    domains: &Domains,
) -> Result<Mailbox, NotGranted> {
    let name = settings.email.from_name.clone().or_else(|| settings.brand.name.clone());
    let address = match settings.email.from.as_deref() {
        Some(own) if domains.grants(tenant, own) => own,
        Some(_) => return Err(NotGranted::Domain),
        None => default_from,
    };
    let address = ascii_address(address).map_err(|_| NotGranted::NoAddress)?;
    Ok(Mailbox { name, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).unwrap()
    }

    #[test]
    fn grants_are_by_tenant_and_exact() {
        let domains =
            Domains::parse("acme=acme.example, Bücher.example ; *=shared.example;acme=two.example;").unwrap();
        for (who, address, granted) in [
            ("acme", "hi@acme.example", true),
            ("acme", "hi@ACME.example", true),
            ("acme", "hi@xn--bcher-kva.example", true),
            ("acme", "hi@bücher.example", true),
            ("acme", "hi@two.example", true),
            ("acme", "hi@sub.acme.example", false),
            ("acme", "hi@shared.example", true),
            ("globex", "hi@shared.example", true),
            ("globex", "hi@acme.example", false),
            ("acme", "acme.example", false),
        ] {
            assert_eq!(domains.grants(&tenant(who), address), granted, "{who} {address}");
        }
        assert!(!Domains::parse("").unwrap().grants(&tenant("acme"), "hi@acme.example"));
        for bad in ["acme", "acme=", "=a.example", "a#b=a.example", "acme=a.example,", "acme=localhost"] {
            assert!(Domains::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_sends_in_anothers_name() {
        let domains = Domains::parse("acme=acme.example").unwrap();
        let settings = |json: &str| TenantSettings::accept(json.as_bytes()).unwrap();
        let of = |json: &str, who: &str, default: &str| {
            sender_of(&settings(json), &tenant(who), default, &domains).map(|from| (from.name, from.address))
        };
        let own =
            r#"{"email": {"from": "hi@acme.example", "from_name": "Acme"}, "brand": {"name": "Brand"}}"#;
        let (name, address) = (Some(String::from("Acme")), String::from("hi@acme.example"));
        assert_eq!(of(own, "acme", "noreply@carillon.example"), Ok((name, address)));
        assert_eq!(of(own, "globex", "noreply@carillon.example"), Err(NotGranted::Domain));
        let (name, address) = (Some(String::from("Brand")), String::from("noreply@carillon.example"));
        assert_eq!(
            of(r#"{"brand": {"name": "Brand"}}"#, "globex", "noreply@carillon.example"),
            Ok((name, address))
        );
        assert_eq!(of("{}", "acme", ""), Err(NotGranted::NoAddress));
    }
}
