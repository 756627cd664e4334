use proptest::prelude::*;

use super::compile;

/// What MJML is made of, in no order.
const PARTS: [&str; 60] = [
    "<mjml>",
    "</mjml>",
    "<mj-head>",
    "</mj-head>",
    "<mj-body>",
    "</mj-body>",
    "<mj-section>",
    "</mj-section>",
    "<mj-column width=\"",
    "\">",
    "</mj-column>",
    "<mj-text padding=\"1px 2px 3px\">",
    "</mj-text>",
    "<mj-raw>",
    "</mj-raw>",
    "<mj-button href=\"{{ a }}\"",
    "/>",
    "</mj-button>",
    "<mj-image src='x' width='-1px' />",
    "<mj-group>",
    "</mj-group>",
    "<mj-wrapper full-width=\"full-width\" background-url=\"x\">",
    "</mj-wrapper>",
    "<mj-hero mode=\"fixed-height\" height=\"0px\">",
    "</mj-hero>",
    "<mj-table>",
    "</mj-table>",
    "<mj-social>",
    "<mj-social-element name=\"x\">",
    "</mj-social-element>",
    "</mj-social>",
    "<mj-carousel>",
    "<mj-carousel-image/>",
    "</mj-carousel>",
    "<mj-accordion>",
    "<mj-accordion-element>",
    "</mj-accordion-element>",
    "</mj-accordion>",
    "<mj-navbar hamburger=\"hamburger\">",
    "<mj-navbar-link/>",
    "</mj-navbar>",
    "<mj-spacer height=\"99999999999px\"/>",
    "<mj-divider border-width=\"%\" />",
    "<mj-attributes>",
    "<mj-all ü=\"1\"/>",
    "</mj-attributes>",
    "<mj-style inline=\"inline\">",
    "</mj-style>",
    "<mj-preview>",
    "</mj-preview>",
    "<mj-font name=\"a\" href=\"b\"/>",
    "<mj-breakpoint width=\"x\"/>",
    "{% if a < b %}",
    "{{ \"é\" }}",
    "{{",
    "<!--",
    "-->",
    "<![CDATA[",
    "<br>",
    "\u{1f600}",
];

proptest! {
    #[test]
    fn whatever_it_is_it_is_compiled_or_refused(parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..60)) {
        let inner = parts.concat();
        let _ = compile(&inner);
        let _ = compile(&format!("<mjml><mj-body>{inner}</mj-body></mjml>"));
        let _ = compile(&format!("<mjml><mj-head>{inner}</mj-head><mj-body></mj-body></mjml>"));
    }

    #[test]
    fn whatever_is_said_it_comes_out_as_it_was(text in "[^<>&{}%#\"'\\x00-\\x1f\u{fffe}\u{ffff}]{0,60}") {
        let html = compile(&format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text>[{text}]</mj-text></mj-column></mj-section></mj-body></mjml>"
        ));
        let said = format!("[{text}]");
        prop_assert!(html.unwrap().contains(&said));
    }
}

#[test]
fn what_is_nested_as_deep_as_it_may_be_is_compiled() {
    for (open, close, times) in [
        ("<mj-section><mj-column>", "</mj-column></mj-section>", 24),
        ("<mj-wrapper>", "</mj-wrapper>", 48),
        ("<mj-raw>", "</mj-raw>", 48),
        ("<div>", "</div>", 48),
    ] {
        let inner = format!("{}x{}", open.repeat(times), close.repeat(times));
        let html = compile(&format!("<mjml><mj-body>{inner}</mj-body></mjml>"));
        assert!(html.is_ok() || html.unwrap_err().contains("no such element"), "{open}");
    }
}

#[test]
fn what_is_wrong_is_shown() {
    for (inner, says) in [
        (
            "<mj-section><mj-foo>für {{ a }}</mj-foo></mj-section>",
            "has mj-foo where MJML has no such element",
        ),
        (
            "<mj-section><mj-column><mj-social>für {{ a }}</mj-social></mj-column></mj-section>",
            "this cannot be there: \"für {{ a }}\"",
        ),
        ("<mj-section a=b></mj-section>", "expected quote mark not 'b'"),
        ("<mj-section>", "it ends too early"),
    ] {
        let error = compile(&format!("<mjml><mj-body>{inner}</mj-body></mjml>")).unwrap_err();
        assert!(error.contains(says), "{inner}: {error}");
    }
}
