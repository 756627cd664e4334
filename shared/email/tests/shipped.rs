//! What is shipped can be sent: every type's email, from its sample, in every language it has.

#[path = "../examples/sample/mod.rs"]
mod sample;

use carillon_domain::{Channel, Millis, TenantId};
use carillon_email::{Envelope, Letter, Mailbox, Renderer, check, mime};
use mail_parser::MessageParser;
use serde_json::Map;

#[test]
fn every_shipped_email_is_rendered_from_its_sample() {
    let (registry, types) = sample::tenant().unwrap();
    let (renderer, tenant) = (Renderer::new(), TenantId::parse("example").unwrap());
    let mut seen = 0;
    for entry in types.all(&registry).into_values().filter(|entry| entry.channels.contains(&Channel::Email)) {
        check(entry, None).unwrap();
        let own = entry.templates.locales.keys().map(String::as_str);
        for locale in own.chain(["fr", "ar"]).map(Some).chain([None]) {
            let content = sample::content(entry, locale, Map::new());
            let content = content.unwrap_or_else(|error| panic!("{} {locale:?}: {error}", entry.key));
            let url = entry.opt_in_key.as_ref().map(|_| "https://carillon.example.com/unsubscribe/token");
            let letter = Letter {
                tenant: &tenant,
                types: &types,
                entry: Some(entry),
                content: &content,
                id: "ntf_sample",
                account: None,
                locale,
                unsubscribe_url: url,
            };
            let rendered =
                renderer.render(&letter).unwrap_or_else(|error| panic!("{} {locale:?}: {error}", entry.key));
            let all = [&rendered.subject, &rendered.preheader, &rendered.html, &rendered.text];
            for hole in ["{{", "{%", ">none<", "\"none\"", "undefined", "carillontag", "<mj-"] {
                let none = !all.iter().any(|text| text.contains(hole));
                assert!(none, "{} {locale:?}: {hole}\n{rendered:?}", entry.key);
            }
            assert_eq!(rendered.html.contains("/unsubscribe/token"), url.is_some(), "{}", entry.key);
            assert_eq!(rendered.text.contains("/unsubscribe/token"), url.is_some(), "{}", entry.key);
            let envelope = Envelope {
                from: Mailbox { name: None, address: String::from("hi@example.com") },
                to: "ann@example.com",
                reply_to: &[],
                unsubscribe_url: url,
                locale,
                sent_at: Millis(0),
                id: letter.id,
            };
            let bytes = mime(&envelope, &rendered).unwrap();
            let message = MessageParser::default().parse(&bytes).unwrap();
            assert_eq!(message.subject(), Some(rendered.subject.as_str()), "{}", entry.key);
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}
