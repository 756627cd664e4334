use carillon_domain::Registry;
use serde_json::json;

use super::*;

fn with(html: &str) -> NotificationType {
    with_all(&json!({"email": {"html": html}}))
}

fn with_all(templates: &serde_json::Value) -> NotificationType {
    let document = json!({"templates": templates}).to_string();
    Registry::shipped().unwrap().overridden("booking_confirmed", document.as_bytes()).unwrap()
}

fn layout(mjml: &str, text: Option<&str>) -> Layout {
    Layout { mjml: mjml.to_owned(), text: text.map(str::to_owned) }
}

fn section(text: &str) -> String {
    format!("<mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section>")
}

#[test]
fn sections_are_checked_in_every_language() {
    assert_eq!(check(&with(&section("{{ name }} {% if a < b %}<b>x</b>{% endif %}")), None), Ok(()));
    let german = with_all(&json!({"locales": {"de": {"email": {"html": "<mj-section>"}}}}));
    let error = check(&german, None).unwrap_err();
    assert_eq!(error.field, "templates.locales.de.email.html", "{error}");
    let quoted = section("<a href=\"{{ url | default(\"https://x.example\") }}\">x</a>");
    assert_eq!(check(&with(&quoted), None), Ok(()));
}

#[test]
fn what_is_no_mjml_is_refused() {
    let deep = format!("{}{}", "<mj-raw>".repeat(60), "</mj-raw>".repeat(60));
    let nodes = section(&format!("{}x{}", "<b>".repeat(2_000), "</b>".repeat(2_000)));
    let carousel = format!(
        "<mj-section><mj-column><mj-carousel>{}</mj-carousel></mj-column></mj-section>",
        "<mj-carousel-image src=\"x\" />".repeat(21)
    );
    for (html, says) in [
        ("<mj-section>", "is not valid MJML"),
        ("<mj-section", "is not valid MJML"),
        ("<mj-include path=\"/etc/passwd\" />", "mj-include"),
        ("<mj-include path=\"https://example.com\" type=\"html\" />", "mj-include"),
        ("<mj-raw><mj-include path=\"x\" /></mj-raw>", "mj-include"),
        ("<mj-setcion></mj-setcion>", "mj-setcion"),
        (&section("{{ a"), "is not valid"),
        (&section("{% for a in b %}x"), "is not valid"),
        (&section("{% include 'layout' %}"), "is not valid"),
        ("<mj-section><mj-column><mj-image src=\"x\">{{ a }}</mj-image></mj-column></mj-section>", "MJML"),
        (&deep, "nested more than"),
        (&nodes, "nested more than"),
        (&carousel, "is too much"),
        (&section(&"<br/>".repeat(3_000)), "is too much"),
    ] {
        let error = check(&with(html), None).unwrap_err();
        assert_eq!(error.field, "templates.email.html");
        assert!(error.detail.contains(says), "{html:.80}: {error}");
    }
}

#[test]
fn what_is_large_is_no_harm() {
    let large = section(&"x".repeat(16_000));
    assert_eq!(check(&with(&large), None), Ok(()));
    let tags = section(&"{{a}}".repeat(3_000));
    assert_eq!(check(&with(&tags), None), Ok(()));
    let broken = section(&"{{".repeat(7_000));
    assert!(check(&with(&broken), None).is_err());
    let defaults = format!("<mj-all css-class=\"{}\" />", "x".repeat(12_000));
    let greedy = format!(
        "<mjml><mj-head><mj-attributes>{defaults}</mj-attributes></mj-head><mj-body>{{{{ content }}}}</mj-body></mjml>"
    );
    let error = check(&with(&"<mj-section/>".repeat(900)), Some(&layout(&greedy, None))).unwrap_err();
    assert!(error.detail.contains("is too much"), "{error}");
    let long_tag = format!("<mj-all css-class=\"{{{{ '{}' }}}}\" />", "x".repeat(12_000));
    let greedy = greedy.replace(&defaults, &long_tag);
    let error = check(&with(&"<mj-section/>".repeat(900)), Some(&layout(&greedy, None))).unwrap_err();
    assert!(error.detail.contains("bytes of HTML"), "{error}");
}

#[test]
fn a_layout_is_tried_before_it_is_kept() {
    let good = "<mjml lang=\"{{ layout.lang }}\"><mj-body>{{ content }}<mj-section><mj-column><mj-text>\
        {% if brand.address %}{{ brand.address }}{% endif %} {{ title }} {{ action_url | default('') }}\
        </mj-text></mj-column></mj-section></mj-body></mjml>";
    assert_eq!(check_layout(&layout(good, Some("{{ content }} {{ brand.name }}"))), Ok(()));
    assert_eq!(check_layout(&layout(crate::layout::mjml(None), None)), Ok(()), "the shipped one");
    let body = |inner: &str| format!("<mjml><mj-body>{inner}{{{{ content }}}}</mj-body></mjml>");
    for (mjml, text, field) in [
        (body("<mj-section>"), None, "mjml"),
        (body("{{ brnad.name }}"), None, "mjml"),
        (body("{{ data.order }}"), None, "mjml"),
        (body("{{ action_url }}"), None, "mjml"),
        (body("{{ title | no_such_filter }}"), None, "mjml"),
        (String::from("{{ content }}"), None, "mjml"),
        (String::from("<mjml><mj-body><mj-raw>{{ content }}</mj-raw></mj-body></mjml>"), None, "mjml"),
        (body(""), Some("{{ content }} {{ nmae }}"), "text"),
        (body(""), Some("{{ content }} {% if"), "text"),
        (
            body(""),
            Some("{{ content }}{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"),
            "text",
        ),
    ] {
        let error = check_layout(&layout(&mjml, text)).unwrap_err();
        assert_eq!(error.field, field, "{mjml} {text:?}: {error}");
    }
}
