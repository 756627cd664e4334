//! What a tenant sets for its emails and SMS.

use serde::{Deserialize, Serialize};

use crate::input::FieldError;
use crate::validate::{email, https_url, line};

/// Most addresses that answers go to.
const MAX_REPLY_TO: usize = 5;

/// How the tenant looks in emails: the layout's `brand`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brand {
    /// Above and below the content; the tenant's id if left out.
    pub name: Option<String>,
    /// https: an image above the content.
    pub logo_url: Option<String>,
    /// Of buttons and links, such as `#0b5fff`.
    pub color: Option<String>,
    /// The postal address below the content, which many laws ask for in marketing.
    pub address: Option<String>,
    /// https: where the app is; a root-relative `action_url` is taken from here.
    pub app_url: Option<String>,
}

/// Whom emails are from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailSettings {
    /// Shown beside the address; the brand's name if left out.
    pub from_name: Option<String>,
    /// The address, in a domain that the deployment grants the tenant; the deployment's if left out.
    pub from: Option<String>,
    /// Where answers go.
    pub reply_to: Vec<String>,
}

/// Whom SMS are from, and what they may cost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsSettings {
    /// 1 to 11 letters and digits, at least one a letter; shown where the country's networks do.
    pub sender_id: Option<String>,
    /// The most a message may cost, in US dollars, such as `0.50`: what would cost more does not go out.
    pub max_price_usd: Option<String>,
}

fn checked(
    field: &str,
    value: Option<&String>,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<(), FieldError> {
    let outcome = value.map_or(Ok(()), |text| check(text));
    outcome.map_err(|detail| FieldError::new(field, detail))
}

impl Brand {
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        checked("brand.name", self.name.as_ref(), |text| line(text, 100))?;
        checked("brand.logo_url", self.logo_url.as_ref(), https_url)?;
        checked("brand.color", self.color.as_ref(), color)?;
        checked("brand.address", self.address.as_ref(), |text| line(text, 300))?;
        checked("brand.app_url", self.app_url.as_ref(), https_url)
    }
}

impl EmailSettings {
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        checked("email.from_name", self.from_name.as_ref(), |text| line(text, 100))?;
        checked("email.from", self.from.as_ref(), email)?;
        if self.reply_to.len() > MAX_REPLY_TO {
            return Err(FieldError::new("email.reply_to", format!("must be at most {MAX_REPLY_TO}")));
        }
        let mut all = self.reply_to.iter().enumerate();
        all.try_for_each(|(i, one)| checked(&format!("email.reply_to[{i}]"), Some(one), email))
    }
}

impl SmsSettings {
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        checked("sms.sender_id", self.sender_id.as_ref(), sender_id)?;
        checked("sms.max_price_usd", self.max_price_usd.as_ref(), price)
    }
}

fn color(text: &str) -> Result<(), String> {
    let hex = text.strip_prefix('#').unwrap_or_default();
    let right = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    if right { Ok(()) } else { Err(String::from("must be a colour such as #0b5fff")) }
}

fn sender_id(text: &str) -> Result<(), String> {
    let right = (1..=11).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().any(|b| b.is_ascii_alphabetic());
    if right { Ok(()) } else { Err(String::from("must be 1-11 letters and digits, at least one a letter")) }
}

fn price(text: &str) -> Result<(), String> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let right = digits(whole, 3) && digits(cents, 5) && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if right { Ok(()) } else { Err(String::from("must be dollars such as 0.50, more than 0")) }
}

#[cfg(test)]
mod tests {
    use crate::{InputError, TenantSettings};

    #[test]
    fn what_can_be_sent_from_is_taken_and_the_rest_named() {
        let whole =
            br##"{"brand": {"name": "Acme", "logo_url": "https://acme.example/l.png", "color": "#0b5fff",
            "address": "1 Road, Town", "app_url": "https://app.acme.example"}, "email": {"from_name": "Acme",
            "from": "hi@acme.example", "reply_to": ["help@acme.example"]},
            "sms": {"sender_id": "ACME", "max_price_usd": "0.50"}}"##;
        assert!(TenantSettings::accept(whole).is_ok());
        for (body, field) in [
            (r#"{"brand": {"logo_url": "http://acme.example/l.png"}}"#, "brand.logo_url"),
            (r#"{"brand": {"color": "blue"}}"#, "brand.color"),
            (r#"{"brand": {"name": "A\r\nBcc: x@y.z"}}"#, "brand.name"),
            (r#"{"email": {"from": "acme.example"}}"#, "email.from"),
            (r#"{"email": {"reply_to": ["a@b.c", "b"]}}"#, "email.reply_to[1]"),
            (r#"{"sms": {"sender_id": "12345"}}"#, "sms.sender_id"),
            (r#"{"sms": {"sender_id": "TWELVELETTER"}}"#, "sms.sender_id"),
            (r#"{"sms": {"max_price_usd": "0.0"}}"#, "sms.max_price_usd"),
            (r#"{"sms": {"max_price_usd": ".5"}}"#, "sms.max_price_usd"),
        ] {
            match TenantSettings::accept(body.as_bytes()) {
                Err(InputError::Invalid(error)) => assert_eq!(error.field, field, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }
}
