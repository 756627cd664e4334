//! What the link in an email leads to.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_tests::{Tenant, User, eventually, text};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const DAY: i64 = 86_400;

/// A page as a browser gets it.
struct Page {
    status: u16,
    headers: HeaderMap,
    html: String,
}

fn get(tenant: &Tenant, token: &str) -> RequestBuilder {
    tenant.anonymous().request(Method::GET, &format!("/unsubscribe/{token}"))
}

fn post(tenant: &Tenant, token: &str) -> RequestBuilder {
    let request = tenant.anonymous().request(Method::POST, &format!("/unsubscribe/{token}"));
    request.header("content-type", "application/x-www-form-urlencoded").body("List-Unsubscribe=One-Click")
}

async fn page(request: RequestBuilder) -> Result<Page> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Page { status, headers, html: response.text().await? })
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The stack's own key.
async fn key(tenant: &Tenant) -> Result<String> {
    let arn = tenant.stack.outputs.get("UnsubscribeSecretArn").context("no UnsubscribeSecretArn")?;
    let secret = tenant.aws.secrets.get_secret_value().secret_id(arn).send().await?;
    let secret: Value = serde_json::from_str(secret.secret_string().unwrap_or_default())?;
    Ok(text(&secret, "key")?.to_owned())
}

/// Signed by hand, as the documentation says: not by the code that is tested.
fn sign(key: &str, header: &str, claims: &Value) -> Result<String> {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(header), part(&claims.to_string()));
    let signature =
        crypto::sign(signed.as_bytes(), &EncodingKey::from_secret(key.as_bytes()), Algorithm::HS256)?;
    Ok(format!("{signed}.{signature}"))
}

fn claims(tenant: &Tenant, user: &str, more: &Value) -> Value {
    let now = carillon_tests::now().as_second();
    let mut claims = json!({"aud": "carillon:unsubscribe", "tenant": tenant.id, "sub": user, "key": "promotions",
        "iat": now, "exp": now + 90 * DAY});
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    claims
}

async fn link(tenant: &Tenant, user: &str) -> Result<String> {
    sign(&key(tenant).await?, HEADER, &claims(tenant, user, &json!({})))
}

async fn opt_in(user: &User) -> Result<Value> {
    Ok(user.get("/api/notifications/preferences").await?.ok()?["opt_in"].clone())
}

/// A marketing mail, and the link in it.
async fn mailed(tenant: &Tenant, user: &str) -> Result<String> {
    tenant
        .producer()?
        .create(&json!({"type": "promotion_generic", "recipient": user, "title": "Sale"}))
        .await?;
    let mail = tenant.mails().one(&tenant.address(user)).await?;
    let url = mail.unsubscribe_url().context("no List-Unsubscribe")?;
    let (_, token) = url.split_once("/unsubscribe/").context("no such link")?;
    assert_eq!(mail.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    Ok(token.to_owned())
}

#[tokio::test]
async fn the_link_of_a_mail_unsubscribes_with_one_click_and_no_login() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let ann = tenant.person("ann", &json!({})).await?;
    let token = mailed(&tenant, "ann").await?;
    // What scanners and previews of mail programs do changes nothing.
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        let path = format!("/unsubscribe/{token}");
        assert!(tenant.anonymous().request(method, &path).send().await?.status().is_success());
    }
    assert_eq!(opt_in(&ann).await?, json!({}));
    for _ in 0..2 {
        let done = page(post(&tenant, &token)).await?;
        assert_eq!(done.status, 200, "{}", done.html);
        assert_eq!(opt_in(&ann).await?, json!({"promotions": false}));
    }
    let id = tenant
        .producer()?
        .create(&json!({"type": "promotion_generic", "recipient": "ann", "title": "More"}))
        .await?;
    let trace = eventually("the next one is not sent", async || {
        let trace = tenant.producer()?.trace(&id).await?;
        Ok((trace["deliveries"]["email"]["state"] == "skipped").then_some(trace))
    })
    .await?;
    assert_eq!(trace["deliveries"]["email"]["reason"], "no_consent", "{trace}");
    Ok(())
}

#[tokio::test]
async fn the_page_asks_in_the_readers_language_and_works_without_scripts() -> Result<()> {
    let tenant = Tenant::fresh()?;
    tenant.admin()?.put("/v1/settings", &json!({"brand": {"name": "Acme <&> Co"}})).await?.ok()?;
    let token = link(&tenant, "ann").await?;
    for (accepts, tag, button) in [
        (None, "en", "Unsubscribe"),
        (Some("de-CH, en;q=0.5"), "de", "Abbestellen"),
        (Some("fr"), "fr", "Se désabonner"),
        (Some("es-MX"), "es", "Cancelar la suscripción"),
        (Some("ja"), "en", "Unsubscribe"),
    ] {
        let request = get(&tenant, &token);
        let request = match accepts {
            Some(accepts) => request.header("accept-language", accepts),
            None => request,
        };
        let page = page(request).await?;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(page.header("content-language"), tag);
        assert!(page.html.contains(&format!("<html lang=\"{tag}\">")), "{}", page.html);
        assert!(page.html.contains(&format!("<button>{button}</button>")), "{}", page.html);
        assert!(page.html.contains("<form method=\"post\">"), "{}", page.html);
        assert!(
            page.html.contains("Acme &lt;&amp;&gt; Co") && !page.html.contains("<script"),
            "{}",
            page.html
        );
        assert!(!page.html.contains(&token), "the address is the browser's only");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("x-robots-tag"), "noindex, nofollow");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
    }
    let head = tenant.anonymous().request(Method::HEAD, &format!("/unsubscribe/{token}")).send().await?;
    assert_eq!((head.status().as_u16(), head.text().await?.as_str()), (200, ""));
    assert_eq!(tenant.rows("Recipients", "ann").await?, []);
    Ok(())
}

#[tokio::test]
async fn whatever_a_mail_program_posts_unsubscribes() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let multipart =
        "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let bodies = [
        ("ann", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("bob", "multipart/form-data; boundary=x", multipart),
        ("cho", "text/plain", ""),
    ];
    for (user, kind, body) in bodies {
        let token = link(&tenant, user).await?;
        let request = tenant.anonymous().request(Method::POST, &format!("/unsubscribe/{token}"));
        let done = page(request.header("content-type", kind).body(body)).await?;
        assert_eq!((done.status, done.header("content-type")), (200, "text/html; charset=utf-8"), "{kind}");
        assert!(!done.html.contains("<form"), "{}", done.html);
        assert_eq!(opt_in(&tenant.user(user)?).await?, json!({"promotions": false}), "{kind}");
    }
    let large = post(&tenant, &link(&tenant, "dan").await?).body("x".repeat(100_000));
    assert_eq!(page(large).await?.status, 413);
    assert_eq!(opt_in(&tenant.user("dan")?).await?, json!({}));
    Ok(())
}

#[tokio::test]
async fn it_takes_back_one_consent_of_one_user_of_one_tenant() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let ann = tenant.user("ann")?;
    let preferences = json!({"opt_in": {"promotions": true, "digest": true}, "channels": {"push": false}});
    ann.put("/api/notifications/preferences", &preferences).await?.ok()?;
    let settings = json!({"promotional_emails": true});
    ann.put("/api/notifications/settings", &settings).await?.ok()?;
    assert_eq!(page(post(&tenant, &link(&tenant, "ann").await?)).await?.status, 200);
    assert_eq!(opt_in(&ann).await?, json!({"promotions": false, "digest": true}));
    assert_eq!(ann.get("/api/notifications/preferences").await?.ok()?["channels"], json!({"push": false}));
    assert_eq!(
        ann.get("/api/notifications/settings").await?.ok()?,
        settings,
        "the app's own document stays as it is"
    );
    assert_eq!(tenant.rows("Recipients", "bob").await?, []);
    assert_eq!(other.rows("Recipients", "ann").await?, []);
    Ok(())
}

#[tokio::test]
async fn forged_expired_and_foreign_links_change_nothing() -> Result<()> {
    let (tenant, other) = (Tenant::fresh()?, Tenant::fresh()?);
    let key = key(&tenant).await?;
    let now = carillon_tests::now().as_second();
    let with = |more: Value| claims(&tenant, "ann", &more);
    let good = sign(&key, HEADER, &with(json!({})))?;
    let (signed, signature) = good.rsplit_once('.').context("no signature")?;
    let (header, _) = signed.split_once('.').context("no claims")?;
    let others = URL_SAFE_NO_PAD.encode(claims(&other, "ann", &json!({})).to_string());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let login = tenant.user("ann")?.token;
    let forged = [
        ("no token", String::from("x")),
        ("too long", "x".repeat(4_000)),
        ("not UTF-8", String::from("%FF")),
        ("a login", login),
        ("another key", sign("nobody ever signs anything with these bytes", HEADER, &with(json!({})))?),
        ("another tenant under the same signature", format!("{header}.{others}.{signature}")),
        ("no signature", format!("{signed}.")),
        ("alg none", format!("{none}.{}.", signed.split_once('.').map_or("", |(_, claims)| claims))),
        ("another audience", sign(&key, HEADER, &with(json!({"aud": "carillon:inbox"})))?),
        ("another header", sign(&key, r#"{"typ":"JWT","alg":"HS256"}"#, &with(json!({})))?),
    ];
    let expired = [("expired", sign(&key, HEADER, &with(json!({"iat": now - 91 * DAY, "exp": now - DAY})))?)];
    let all = forged.iter().map(|one| (404, one)).chain(expired.iter().map(|one| (410, one)));
    for (status, (what, token)) in all {
        for request in [get(&tenant, token), post(&tenant, token)] {
            let page = page(request).await?;
            assert_eq!(
                (page.status, page.header("content-type")),
                (status, "text/html; charset=utf-8"),
                "{what}"
            );
            assert!(!page.html.contains("<form") && page.html.len() < 4_000, "{what}: {}", page.html);
            assert_eq!(page.header("cache-control"), "no-store", "{what}");
        }
    }
    for tenant in [&tenant, &other] {
        assert_eq!(tenant.rows("Recipients", "ann").await?, []);
    }
    let refused = tenant.anonymous().request(Method::DELETE, &format!("/unsubscribe/{good}")).send().await?;
    assert_eq!(refused.status(), 405);
    Ok(())
}

#[tokio::test]
async fn a_link_brings_nothing_back_of_who_was_erased() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let token = link(&tenant, "ann").await?;
    tenant.admin()?.delete("/v1/recipients/ann").await?.ok()?;
    assert_eq!(page(post(&tenant, &token)).await?.status, 200, "there is nothing to unsubscribe from");
    let left = tenant.rows("Recipients", "ann").await?;
    assert_eq!(left.len(), 1, "when they were erased: {left:?}");
    Ok(())
}

#[tokio::test]
async fn no_log_has_a_token() -> Result<()> {
    let tenant = Tenant::fresh()?;
    let token = link(&tenant, "ann").await?;
    let (signed, signature) = token.rsplit_once('.').context("no signature")?;
    let forged = format!("{signed}x.{signature}");
    for token in [&token, &forged] {
        page(get(&tenant, token)).await?;
        page(post(&tenant, token)).await?;
    }
    eventually("the functions have logged", async || {
        let log = std::fs::read_to_string(&tenant.stack.log)?;
        let lines =
            log.lines().filter(|line| line.contains("unsubscribed by a link") && line.contains(&tenant.id));
        Ok((lines.count() > 0).then_some(()))
    })
    .await?;
    let log = std::fs::read_to_string(&tenant.stack.log)?;
    assert!(!log.lines().any(|line| line.contains("inbox-api") && line.contains(signature)));
    Ok(())
}
