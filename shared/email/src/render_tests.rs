use carillon_domain::{Category, JsonText, Layout, Millis, Priority, Registry, Sender, TenantSettings};

use super::*;

fn content(title: &str, body: &str) -> Content {
    Content {
        type_key: String::from("booking_confirmed"),
        category: Category::Transactional,
        priority: Priority::High,
        title: title.to_owned(),
        body: body.to_owned(),
        data: None,
        tags: Vec::new(),
        actor_id: None,
        sender: None,
        folder: None,
        action_url: None,
        image_url: None,
        collapse_key: None,
        expires_at: Millis(0),
    }
}

fn data(content: Content, data: &Value) -> Content {
    let data: JsonText = serde_json::from_value(json!(data.to_string())).unwrap();
    Content { data: Some(data), ..content }
}

fn entry(templates: &Value) -> NotificationType {
    let document = json!({"templates": templates}).to_string();
    Registry::shipped().unwrap().overridden("app_update", document.as_bytes()).unwrap()
}

fn types(settings: &Value) -> TenantTypes {
    let mut types = TenantTypes::default();
    types.settings = TenantSettings::accept(settings.to_string().as_bytes()).unwrap();
    types
}

/// A letter to one of `acme`'s.
struct To<'a> {
    types: &'a TenantTypes,
    locale: Option<&'a str>,
    unsubscribe_url: Option<&'a str>,
}

impl To<'_> {
    fn render(
        &self,
        renderer: &Renderer,
        entry: Option<&NotificationType>,
        content: &Content,
    ) -> Result<Rendered, EmailError> {
        let tenant = TenantId::parse("acme").unwrap();
        renderer.render(&Letter {
            tenant: &tenant,
            types: self.types,
            entry,
            content,
            id: "ntf_YW5u_01JZ",
            account: None,
            locale: self.locale,
            unsubscribe_url: self.unsubscribe_url,
        })
    }
}

fn render(templates: &Value, content: &Content) -> Result<Rendered, EmailError> {
    let to = To { types: &TenantTypes::default(), locale: None, unsubscribe_url: None };
    to.render(&Renderer::new(), Some(&entry(templates)), content)
}

fn section(text: &str) -> Value {
    json!({"email": {"html": format!("<mj-section><mj-column><mj-text>{text}</mj-text></mj-column></mj-section>")}})
}

#[test]
fn without_templates_it_is_title_body_and_a_button() {
    let types =
        types(&json!({"brand": {"name": "Bücher & Co", "app_url": "https://app.example", "color": "#ffcc00",
        "address": "1 Road", "logo_url": "https://app.example/logo.png"}}));
    let to = To {
        types: &types,
        locale: Some("de-CH"),
        unsubscribe_url: Some("https://c.example/unsubscribe/t?a=b&c"),
    };
    let mut content = content("Tisch für zwei", "Freitag,\n19:00\n\nBis <bald>!");
    content.action_url = Some(String::from("/bookings/1?a=b&c=d"));
    let Rendered { subject, preheader, html, text } = to.render(&Renderer::new(), None, &content).unwrap();
    assert_eq!((subject.as_str(), preheader.as_str()), ("Tisch für zwei", "Freitag, 19:00 Bis <bald>!"));
    for part in [
        "<html lang=\"de-CH\" dir=\"ltr\"",
        "<title>Tisch für zwei</title>",
        "Tisch für zwei</h1>",
        "Freitag,<br>19:00</p>",
        ">Bis &lt;bald&gt;!</p>",
        "href=\"https://app.example/bookings/1?a=b&amp;c=d\"",
        ">Öffnen</a>",
        "background:#ffcc00",
        "alt=\"Bücher &amp; Co\"",
        "weil Sie Bücher &amp; Co nutzen.",
        "href=\"https://c.example/unsubscribe/t?a=b&amp;c\"",
        ">Abmelden</a>",
        ">1 Road</p>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(!html.contains("googleapis") && !html.contains("{{") && !html.contains("none<"), "{html}");
    let expected = "Tisch für zwei\n\nFreitag,\n19:00\n\nBis <bald>!\n\nÖffnen: https://app.example/bookings/1?a=b&c=d\n\n-- \n\
        Sie erhalten diese E-Mail, weil Sie Bücher & Co nutzen.\n1 Road\nAbmelden: https://c.example/unsubscribe/t?a=b&c\n";
    assert_eq!(text, expected);
}

#[test]
fn what_is_not_there_leaves_no_hole() {
    let to = To { types: &TenantTypes::default(), locale: None, unsubscribe_url: None };
    let mut bare = content("Hi", "");
    bare.action_url = Some(String::from("/nowhere"));
    let Rendered { preheader, html, text, .. } = to.render(&Renderer::new(), None, &bare).unwrap();
    assert_eq!(preheader, "");
    assert_eq!(text, "Hi\n\n-- \nYou get this email because you use acme.\n");
    for part in ["<a ", "<img", "Unsubscribe", "nowhere", "none<", "\"none\""] {
        assert!(!html.contains(part), "{part}\n{html}");
    }
}

#[test]
fn what_others_wrote_is_text_and_nothing_else() {
    let evil = "</style></div>\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}{% raw %}";
    let mut content = content(evil, evil);
    content.sender = Some(Sender { name: evil.to_owned(), email: None });
    let content = data(content, &json!({"note": evil}));
    let html = "<a href=\"{{ note }}\" title='{{ note }}'>{{ sender.name }}</a>{{ data.note }}{{ title }}";
    let mut templates = section(html);
    templates["email"]["text"] = json!("{{ note }} & {{ sender.name }}");
    templates["email"]["subject"] = json!("From {{ note }}");
    templates["email"]["preheader"] = json!("{{ note }}");
    for rendered in [
        render(&templates, &content).unwrap(),
        To { types: &TenantTypes::default(), locale: None, unsubscribe_url: None }
            .render(&Renderer::new(), None, &content)
            .unwrap(),
    ] {
        for part in ["<script", "<img", "onerror=alert(1)>", "\"'>", "49"] {
            assert!(!rendered.html.contains(part), "{part}\n{}", rendered.html);
        }
        assert!(rendered.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(rendered.text.contains(evil), "{}", rendered.text);
        assert!(rendered.subject.contains(evil), "plain in the subject: {}", rendered.subject);
    }
}

#[test]
fn right_to_left_is_right_to_left() {
    let to = To { types: &TenantTypes::default(), locale: Some("ar-EG"), unsubscribe_url: None };
    let arabic = to.render(&Renderer::new(), None, &content("مرحبا", "النص العربي")).unwrap();
    for part in
        ["<html lang=\"ar-EG\" dir=\"rtl\"", "text-align:right", "<h1 dir=\"auto\"", "<p dir=\"auto\""]
    {
        assert!(arabic.html.contains(part), "{part}\n{}", arabic.html);
    }
    let english = To { locale: Some("en"), ..to };
    let html = english.render(&Renderer::new(), None, &content("مرحبا", "النص العربي")).unwrap().html;
    assert!(
        html.contains("dir=\"ltr\"") && html.contains("<p dir=\"auto\""),
        "a body finds its own direction"
    );
}

#[test]
fn each_text_is_in_the_recipients_language() {
    let mut templates = section("{{ n | plural(one=\"# message\", other=\"# messages\") }} for {{ locale }}");
    templates["email"]["subject"] = json!("{{ n }} new");
    templates["locales"] = json!({
        "de": section("{{ n | plural(one=\"# Nachricht\", other=\"# Nachrichten\") }}"),
        "de-AT": {"email": {"subject": "{{ n }} neue, gell"}},
    });
    let (entry, renderer, types) = (entry(&templates), Renderer::new(), TenantTypes::default());
    for (locale, n, subject, html) in [
        (None, 1, "1 new", ">1 message for en<"),
        (Some("fr"), 2, "2 new", ">2 messages for fr<"),
        (Some("de-AT"), 1, "1 neue, gell", ">1 Nachricht<"),
        (Some("de-CH"), 2, "2 new", ">2 Nachrichten<"),
    ] {
        let to = To { types: &types, locale, unsubscribe_url: None };
        let rendered =
            to.render(&renderer, Some(&entry), &data(content("t", "b"), &json!({"n": n}))).unwrap();
        assert_eq!(rendered.subject, subject, "{locale:?}");
        assert!(rendered.html.contains(html), "{locale:?} {}", rendered.html);
    }
}

#[test]
fn a_variable_that_is_not_there_is_named() {
    let missing = |templates: &Value| match render(templates, &content("t", "b")).unwrap_err() {
        EmailError::Template { place, missing, .. } => (place, missing.unwrap_or_default()),
        other @ (EmailError::Mjml(_) | EmailError::Address(_)) => panic!("{other}"),
    };
    assert_eq!(missing(&section("{{ order.id }}")), ("email.html", String::from("order.id")));
    assert_eq!(
        missing(&json!({"email": {"subject": "{{ order }}"}})),
        ("email.subject", String::from("order"))
    );
    assert_eq!(missing(&json!({"email": {"text": "{{ order }}"}})), ("email.text", String::from("order")));
    assert_eq!(missing(&json!({"email": {"preheader": "{{ order }}"}})).0, "email.preheader");
}

#[test]
fn what_does_not_end_is_ended() {
    let endless = "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}";
    for templates in
        [section(endless), json!({"email": {"text": endless}}), json!({"email": {"subject": endless}})]
    {
        assert!(
            matches!(render(&templates, &content("t", "b")), Err(EmailError::Template { .. })),
            "{templates}"
        );
    }
    let growing = section("{% for i in range(9999) %}{{ body }}{% endfor %}");
    let error = render(&growing, &content("t", &"x".repeat(20_000))).unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[test]
fn the_longest_templates_are_rendered() {
    let filler = "<b>x</b> {{ title }} ".repeat(40);
    let html = section(&filler.repeat(18));
    assert!((15_000..=16_384).contains(&html["email"]["html"].as_str().unwrap().len()));
    let rendered = render(&html, &content("Hi", "b")).unwrap();
    assert_eq!(rendered.html.matches("<b>x</b> Hi").count(), 720);
    let text = json!({"email": {"text": "{{ title }}".repeat(1_480)}});
    assert!(render(&text, &content("Hi", "b")).unwrap().text.starts_with("HiHi"));
}

#[test]
fn logic_stands_between_sections() {
    let row = "<mj-section><mj-column><mj-text>{{ item }}</mj-text></mj-column></mj-section>";
    let html = format!(
        "<mj-raw>{{% for item in items if item < 'c' %}}</mj-raw>{row}<mj-raw>{{% endfor %}}</mj-raw>"
    );
    let rendered = render(
        &json!({"email": {"html": html}}),
        &data(content("t", "b"), &json!({"items": ["a", "b", "c"]})),
    )
    .unwrap();
    assert!(rendered.html.contains(">a<") && rendered.html.contains(">b<") && !rendered.html.contains(">c<"));
    let count = |part: &str| rendered.html.matches(part).count();
    assert_eq!(count("<!--[if "), count("<![endif]"), "every part for Outlook that begins ends");
}

#[test]
fn a_tenant_has_its_own_layout() {
    let mut types = TenantTypes::default();
    types.layout = Some(Layout {
        mjml: String::from(
            "<mjml><mj-body>{{ content }}<mj-section><mj-column><mj-text>Own {{ brand.name }}</mj-text></mj-column></mj-section></mj-body></mjml>",
        ),
        text: None,
    });
    let to = To { types: &types, locale: None, unsubscribe_url: None };
    let renderer = Renderer::new();
    let first = to.render(&renderer, None, &content("Hi", "b")).unwrap();
    assert!(first.html.contains("Own acme") && first.text.contains("because you use acme"), "{first:?}");
    types.layout = Some(Layout {
        mjml: String::from("<mjml><mj-body>{{ content }}</mj-body></mjml>"),
        text: Some(String::from("* {{ content }} *")),
    });
    let to = To { types: &types, locale: None, unsubscribe_url: None };
    let second = to.render(&renderer, None, &content("Hi {{ x }}", "b")).unwrap();
    assert!(!second.html.contains("Own"), "a layout that was changed is compiled anew");
    assert_eq!(second.text, "* Hi {{ x }}\n\nb *\n", "what was rendered is not rendered again");
}

#[test]
fn an_empty_subject_is_the_title_and_lines_are_lines() {
    let templates = json!({"email": {"subject": "{% if false %}x{% endif %}", "preheader": "a\nb"}});
    let rendered = render(&templates, &content("Hi", "b")).unwrap();
    assert_eq!((rendered.subject.as_str(), rendered.preheader.as_str()), ("Hi", "a b"));
    let evil = data(content("t", "b"), &json!({"name": "x\r\nBcc: y@z.example"}));
    let rendered = render(&json!({"email": {"subject": "From {{ name }}"}}), &evil).unwrap();
    assert_eq!(rendered.subject, "From x  Bcc: y@z.example");
}
