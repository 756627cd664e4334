//! What the texts of email and SMS are rendered with.

use carillon_domain::{Content, TenantId, TenantSettings};
use serde_json::{Value, json};

use crate::environment::DEFAULT_LANGUAGE;

/// What a sender knows beside the content.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// `ntf_…`
    pub notification_id: &'a str,
    /// Which of the user's accounts.
    pub account: Option<&'a str>,
    /// The recipient's language.
    pub locale: Option<&'a str>,
    /// Whose notification.
    pub tenant: &'a TenantId,
    /// For the brand.
    pub settings: &'a TenantSettings,
    /// Where the recipient can withdraw their consent; none where none is needed.
    pub unsubscribe_url: Option<&'a str>,
}

/// What the templates of titles see (but for the organisation), and the notification over it: `title`, `body`, `type`,
/// `category`, `priority`, `notification_id`, `image_url`, `action_link` (the `action_url`, absolute), `brand`, `locale`,
/// `unsubscribe_url`. Of these all is there: what has no value is null, `unsubscribe_url` an empty text.
#[must_use]
pub fn variables(content: &Content, about: &About<'_>) -> Value {
    let mut all = content.variables(about.account, None);
    let brand = &about.settings.brand;
    let link = content.action_url.as_deref().and_then(|url| absolute(url, brand.app_url.as_deref()));
    let said = [
        ("title", json!(content.title)),
        ("body", json!(content.body)),
        ("type", json!(content.type_key)),
        ("category", json!(content.category)),
        ("priority", json!(content.priority)),
        ("notification_id", json!(about.notification_id)),
        ("image_url", json!(content.image_url)),
        ("action_link", json!(link)),
        (
            "brand",
            json!({
                "name": brand.name.as_deref().unwrap_or(about.tenant.as_str()), "logo_url": brand.logo_url,
                "color": brand.color, "address": brand.address, "app_url": brand.app_url,
            }),
        ),
        ("locale", json!(about.locale.unwrap_or(DEFAULT_LANGUAGE))),
        ("unsubscribe_url", json!(about.unsubscribe_url.unwrap_or_default())),
    ];
    all.extend(said.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(all)
}

/// A link as it is needed outside of the app; none if it is root-relative and nobody says of what.
#[must_use]
pub fn absolute(url: &str, app: Option<&str>) -> Option<String> {
    if url.starts_with("https://") {
        return Some(url.to_owned());
    }
    let app = app?.split(['?', '#']).next()?.trim_end_matches('/');
    Some(format!("{app}{url}"))
}

/// What an email's HTML has beside these: what the layout says of itself. Here it is all there and says nothing, so that
/// what else a type's HTML needs can be tried.
pub(crate) fn layout() -> Value {
    let names = [
        "lang",
        "dir",
        "align",
        "color",
        "on_color",
        "subject",
        "preheader",
        "body_html",
        "link",
        "image",
        "open",
        "unsubscribe",
        "why",
    ];
    Value::Object(names.into_iter().map(|name| (name.to_owned(), json!("-"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(content: Value, settings: Value) -> Value {
        let mut whole =
            json!({"type": "t", "category": "system", "priority": "low", "title": "T", "expires_at": 9});
        whole.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        let tenant = TenantId::parse("acme").unwrap();
        let about = About {
            notification_id: "ntf_1",
            account: Some("work"),
            locale: None,
            tenant: &tenant,
            settings: &serde_json::from_value(settings).unwrap(),
            unsubscribe_url: None,
        };
        variables(&serde_json::from_value(whole).unwrap(), &about)
    }

    #[test]
    fn the_notification_goes_before_its_data() {
        let data = json!({"title": "of data", "type": "E42", "n": 1, "account_id": "other"}).to_string();
        let all = seen(json!({"data": data, "action_url": "/orders/1"}), json!({}));
        assert_eq!((&all["title"], &all["type"], &all["n"]), (&json!("T"), &json!("t"), &json!(1)));
        assert_eq!((&all["data"]["title"], &all["account_id"]), (&json!("of data"), &json!("other")));
        assert_eq!((&all["brand"]["name"], &all["brand"]["logo_url"]), (&json!("acme"), &Value::Null));
        assert_eq!((&all["action_url"], &all["action_link"]), (&json!("/orders/1"), &Value::Null));
        assert_eq!((&all["locale"], &all["unsubscribe_url"]), (&json!("en"), &json!("")));
        assert!(all.get("sender").is_none() && all["image_url"].is_null());
    }

    #[test]
    fn a_link_is_taken_from_where_the_app_is() {
        let app = json!({"brand": {"name": "Acme", "app_url": "https://app.acme.example/"}});
        let all = seen(json!({"action_url": "/orders/1?a=b"}), app);
        assert_eq!(all["action_link"], "https://app.acme.example/orders/1?a=b");
        assert_eq!(all["brand"]["name"], "Acme");
        assert_eq!(absolute("https://x.example", None).as_deref(), Some("https://x.example"));
        assert_eq!(
            absolute("/o", Some("https://a.example/app?x#y")).as_deref(),
            Some("https://a.example/app/o")
        );
    }
}
