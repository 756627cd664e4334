//! The pages: small, whole, and good without JavaScript.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};

use super::words::Language;

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// Whether it is meant.
    Ask,
    /// It was done.
    Done,
    /// Not a link of ours.
    Forged,
    /// A link that was good once.
    Expired,
    /// A body that no form of ours has.
    TooLarge,
    /// Something behind us did not answer.
    Later,
}

/// The only thing beside text: named in the policy by its hash.
const STYLE: &str = ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:28rem;\
    padding:0 1.5rem;text-align:center}h1{font-size:1.5rem}button{font:inherit;padding:.6rem 1.6rem;border-radius:.4rem;\
    border:1px solid;cursor:pointer}";
/// Nothing is loaded from anywhere, the form goes to where it came from, and nobody frames the page.
const POLICY: &str = "default-src 'none'; style-src 'sha256-n4Ex4dAev1JYKql3UQpBWZp84YM/3jno9R2zDHgn4L8='; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Answers with a page. The address is a key: it is not kept, passed on or found.
pub(super) fn page(page: Page, language: Language, brand: Option<&str>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, language.tag()),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (VARY, "accept-language"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    let mut response = (page.status(), headers, html(page, language, brand)).into_response();
    if page == Page::Later {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn html(page: Page, language: Language, brand: Option<&str>) -> String {
    let (heading, text) = language.says(page);
    let (tag, button) = (language.tag(), language.unsubscribe());
    let brand = brand.map(|brand| format!("<p>{}</p>", escaped(brand))).unwrap_or_default();
    // Without an action a form goes to the page's own address.
    let form = match page {
        Page::Ask => format!(
            "<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\
             <button>{button}</button></form>"
        ),
        Page::Done | Page::Forged | Page::Expired | Page::TooLarge | Page::Later => String::new(),
    };
    format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex,nofollow\"><title>{heading}</title><style>{STYLE}</style></head>\
         <body><main>{brand}<h1>{heading}</h1><p>{text}</p>{form}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_names_the_style() {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "it is {hash}");
    }

    #[test]
    fn a_brand_is_text() {
        let page = html(Page::Ask, Language::En, Some("<script>\"&"));
        assert!(page.contains("<p>&lt;script&gt;&quot;&amp;</p>") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn only_the_question_has_a_button() {
        for (which, buttons) in [(Page::Ask, 1), (Page::Done, 0), (Page::Forged, 0), (Page::Expired, 0)] {
            for language in Language::ALL {
                let page = html(which, language, None);
                assert_eq!(page.matches("<button>").count(), buttons, "{which:?} {language:?}");
                assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())));
            }
        }
    }
}
