//! `POST /api/push/register` and `DELETE /api/push/unregister`: reading and checking.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{Device, DeviceAddress, Platform};
use crate::Millis;
use crate::input::{FieldError, InputError, parse_json};
use crate::validate::{line, locale, visible, web_url};

/// Longest FCM token.
const MAX_TOKEN: usize = 4_096;

/// The body as it arrives: FCM's token, or a browser's subscription, flat or as the browser gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    #[serde(alias = "fcm_token")]
    token: Option<String>,
    platform: Option<Platform>,
    device_id: Option<String>,
    app_version: Option<String>,
    locale: Option<String>,
    endpoint: Option<String>,
    p256dh: Option<String>,
    auth: Option<String>,
    subscription: Option<PushSubscription>,
}

/// `PushSubscription.toJSON()`. What else a browser puts there is not ours to refuse.
#[derive(Deserialize)]
struct PushSubscription {
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

/// Which device is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unregister {
    /// That with this token or endpoint.
    Identity(String),
    /// Those that the app calls this.
    DeviceId(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnregisterBody {
    #[serde(alias = "fcm_token")]
    token: Option<String>,
    endpoint: Option<String>,
    device_id: Option<String>,
}

fn wrong(field: &str) -> impl FnOnce(String) -> FieldError + '_ {
    move |detail| FieldError::new(field, detail)
}

impl Device {
    /// Reads the body of a registration. `endpoint` says, in words that fit after the field's name, where a push service
    /// must not be: that it is https, and no address inside, is a matter of where we run.
    pub fn accept(
        body: &[u8],
        endpoint: impl Fn(&str) -> Result<(), String>,
        now: Millis,
    ) -> Result<Self, InputError> {
        let mut given: Register = parse_json(body)?;
        let address = given.address(&endpoint)?;
        let platform = match (&address, given.platform) {
            (_, Some(Platform::Web)) | (DeviceAddress::WebPush { .. }, None) => Platform::Web,
            (DeviceAddress::Fcm { .. }, Some(platform)) => platform,
            (DeviceAddress::Fcm { .. }, None) => {
                return Err(FieldError::new("platform", "is required").into());
            }
            (DeviceAddress::WebPush { .. }, Some(_)) => {
                return Err(FieldError::new("platform", "must be web where there is an endpoint").into());
            }
        };
        given.device_id.as_deref().map_or(Ok(()), |id| line(id, 128)).map_err(wrong("device_id"))?;
        given
            .app_version
            .as_deref()
            .map_or(Ok(()), |version| line(version, 64))
            .map_err(wrong("app_version"))?;
        given.locale.as_deref().map_or(Ok(()), locale).map_err(wrong("locale"))?;
        Ok(Self {
            address,
            platform,
            device_id: given.device_id,
            app_version: given.app_version,
            locale: given.locale,
            account: None,
            created_at: now,
            last_used_at: now,
        })
    }
}

impl Register {
    fn address(&mut self, check: &dyn Fn(&str) -> Result<(), String>) -> Result<DeviceAddress, FieldError> {
        let flat = [&self.endpoint, &self.p256dh, &self.auth].into_iter().any(Option::is_some);
        match (self.token.take(), self.subscription.take()) {
            (Some(_), Some(_)) => Err(FieldError::new("subscription", "must not be given beside token")),
            (Some(_), None) if flat => Err(FieldError::new("endpoint", "must not be given beside token")),
            (Some(token), None) => {
                visible(&token, MAX_TOKEN).map_err(wrong("token"))?;
                Ok(DeviceAddress::Fcm { token })
            }
            (None, Some(_)) if flat => {
                Err(FieldError::new("endpoint", "must not be given beside subscription"))
            }
            (None, Some(PushSubscription { endpoint, keys })) => {
                web_push(endpoint, &keys.p256dh, &keys.auth, check).map_err(|error| {
                    match error.field.as_str() {
                        "endpoint" => error.below("subscription"),
                        _ => error.below("subscription.keys"),
                    }
                })
            }
            (None, None) if flat => {
                let required = |field: &str, value: Option<String>| {
                    value.ok_or_else(|| FieldError::new(field, "is required"))
                };
                let endpoint = required("endpoint", self.endpoint.take())?;
                let p256dh = required("p256dh", self.p256dh.take())?;
                let auth = required("auth", self.auth.take())?;
                web_push(endpoint, &p256dh, &auth, check)
            }
            (None, None) => Err(FieldError::new("token", "is required (or endpoint, p256dh and auth)")),
        }
    }
}

/// The key must be an uncompressed point of P-256, the secret 16 bytes (RFC 8291).
fn web_push(
    endpoint: String,
    p256dh: &str,
    auth: &str,
    check: &dyn Fn(&str) -> Result<(), String>,
) -> Result<DeviceAddress, FieldError> {
    web_url(&endpoint).and_then(|()| check(&endpoint)).map_err(wrong("endpoint"))?;
    let (p256dh, auth) = (p256dh.trim_end_matches('='), auth.trim_end_matches('='));
    let point = URL_SAFE_NO_PAD.decode(p256dh).is_ok_and(|key| key.len() == 65 && key.first() == Some(&4));
    if !point {
        return Err(FieldError::new("p256dh", "must be a public key of P-256: 65 bytes in base64url"));
    }
    if !URL_SAFE_NO_PAD.decode(auth).is_ok_and(|secret| secret.len() == 16) {
        return Err(FieldError::new("auth", "must be 16 bytes in base64url"));
    }
    Ok(DeviceAddress::WebPush { endpoint, p256dh: p256dh.to_owned(), auth: auth.to_owned() })
}

impl Unregister {
    /// Reads `{"token": …}`, `{"endpoint": …}` or `{"device_id": …}`.
    pub fn accept(body: &[u8]) -> Result<Self, InputError> {
        let given: UnregisterBody = parse_json(body)?;
        match (given.token.or(given.endpoint), given.device_id) {
            // The token says exactly which.
            (Some(identity), _) => Ok(Self::Identity(identity)),
            (None, Some(device_id)) => Ok(Self::DeviceId(device_id)),
            (None, None) => Err(FieldError::new("token", "is required (or endpoint, or device_id)").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Millis = Millis(1_000);
    const ENDPOINT: &str = "https://push.example.com/send/abc";

    fn p256dh() -> String {
        URL_SAFE_NO_PAD.encode([&[4][..], &[7; 64]].concat())
    }

    fn auth() -> String {
        URL_SAFE_NO_PAD.encode([9; 16])
    }

    fn accept(body: &Value) -> Result<Device, InputError> {
        let https =
            |url: &str| if url.starts_with("https://") { Ok(()) } else { Err(String::from("must be https")) };
        Device::accept(body.to_string().as_bytes(), https, NOW)
    }

    #[test]
    fn a_device_is_read_in_each_of_its_forms() {
        let whole = json!({
            "token": "t:1", "platform": "ios", "device_id": "d1", "app_version": "1.2.3", "locale": "de-CH",
        });
        let device = accept(&whole).unwrap();
        assert_eq!((device.address.identity(), device.platform), ("t:1", Platform::Ios));
        assert_eq!((device.device_id.as_deref(), device.locale.as_deref()), (Some("d1"), Some("de-CH")));
        assert_eq!((device.created_at, device.last_used_at), (NOW, NOW));
        let other = accept(&json!({"fcm_token": "t:1", "platform": "android"})).unwrap();
        assert_eq!(other.address, device.address);

        let flat = json!({"endpoint": ENDPOINT, "p256dh": p256dh(), "auth": auth()});
        let padded = json!({"endpoint": ENDPOINT, "p256dh": p256dh() + "=", "auth": auth() + "=="});
        let keys = json!({"p256dh": p256dh(), "auth": auth()});
        let browsers = json!({
            "subscription": {"endpoint": ENDPOINT, "expirationTime": null, "keys": keys}, "platform": "web",
        });
        let address = DeviceAddress::WebPush { endpoint: ENDPOINT.into(), p256dh: p256dh(), auth: auth() };
        for body in [flat, padded, browsers] {
            let device = accept(&body).unwrap();
            assert_eq!((device.address, device.platform), (address.clone(), Platform::Web), "{body}");
        }
    }

    #[test]
    fn every_refusal_names_its_field() {
        let web = |endpoint: &str, p256dh: &str, auth: &str| {
            json!({
                "endpoint": endpoint, "p256dh": p256dh, "auth": auth,
            })
        };
        let compressed = URL_SAFE_NO_PAD.encode([&[2][..], &[7; 64]].concat());
        let nested = |endpoint: &str, auth: &str| {
            let keys = json!({"p256dh": p256dh(), "auth": auth});
            json!({"subscription": {"endpoint": endpoint, "keys": keys}})
        };
        let mut both = web(ENDPOINT, &p256dh(), &auth());
        both["token"] = json!("t");
        let mut wrong_platform = web(ENDPOINT, &p256dh(), &auth());
        wrong_platform["platform"] = json!("ios");
        let table = [
            (json!({}), "token"),
            (json!({"platform": "ios"}), "token"),
            (json!({"token": "t"}), "platform"),
            (json!({"token": "t", "platform": "symbian"}), "platform"),
            (json!({"token": "", "platform": "ios"}), "token"),
            (json!({"token": "a b", "platform": "ios"}), "token"),
            (json!({"token": "x".repeat(4_097), "platform": "ios"}), "token"),
            (json!({"token": "t", "platform": "ios", "locale": "german"}), "locale"),
            (json!({"token": "t", "platform": "ios", "device_id": "x".repeat(129)}), "device_id"),
            (json!({"token": "t", "platform": "ios", "app_version": "1\n2"}), "app_version"),
            (json!({"token": "t", "platform": "ios", "user_id": "bob"}), "user_id"),
            (both, "endpoint"),
            (wrong_platform, "platform"),
            (json!({"endpoint": ENDPOINT}), "p256dh"),
            (json!({"p256dh": p256dh(), "auth": auth()}), "endpoint"),
            (web("http://push.example.com/x", &p256dh(), &auth()), "endpoint"),
            (web("ftp://push.example.com/x", &p256dh(), &auth()), "endpoint"),
            (web("https://user@push.example.com/x", &p256dh(), &auth()), "endpoint"),
            (web(ENDPOINT, "AAAA", &auth()), "p256dh"),
            (web(ENDPOINT, &compressed, &auth()), "p256dh"),
            (web(ENDPOINT, &p256dh(), "AAAA"), "auth"),
            (web(ENDPOINT, &p256dh(), "not base64!"), "auth"),
            (nested("http://push.example.com/x", &auth()), "subscription.endpoint"),
            (nested(ENDPOINT, "AAAA"), "subscription.keys.auth"),
            (json!({"subscription": {"endpoint": ENDPOINT}}), "subscription.keys"),
        ];
        for (body, field) in table {
            let Err(InputError::Invalid(error)) = accept(&body) else { panic!("accepted: {body}") };
            assert_eq!(error.field, field, "{body}");
        }
    }

    #[test]
    fn a_device_is_given_up_by_any_of_its_names() {
        let read = |body: Value| Unregister::accept(body.to_string().as_bytes());
        let identity = |text: &str| Ok(Unregister::Identity(text.into()));
        assert_eq!(read(json!({"token": "t"})), identity("t"));
        assert_eq!(read(json!({"fcm_token": "t", "device_id": "d"})), identity("t"));
        assert_eq!(read(json!({"endpoint": ENDPOINT})), identity(ENDPOINT));
        assert_eq!(read(json!({"device_id": "d"})), Ok(Unregister::DeviceId("d".into())));
        for (body, field) in
            [(json!({}), "token"), (json!({"id": "d"}), "id"), (json!({"token": 7}), "token")]
        {
            let Err(InputError::Invalid(error)) = read(body.clone()) else { panic!("accepted: {body}") };
            assert_eq!(error.field, field);
        }
    }
}
