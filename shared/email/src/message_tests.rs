use mail_parser::{Address as Parsed, HeaderValue, Message, MessageParser, MimeHeaders};

use super::*;

fn rendered(subject: &str, html: &str, text: &str) -> Rendered {
    Rendered {
        subject: subject.to_owned(),
        preheader: String::new(),
        html: html.to_owned(),
        text: text.to_owned(),
    }
}

fn envelope<'a>() -> Envelope<'a> {
    Envelope {
        from: Mailbox { name: Some(String::from("Acme")), address: String::from("hi@acme.example") },
        to: "ann@example.com",
        reply_to: &[],
        unsubscribe_url: None,
        locale: None,
        sent_at: Millis(1_767_225_599_999),
        id: "ntf_YW5u_01JZ",
    }
}

fn parse(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).unwrap()
}

fn names(message: &Message<'_>) -> Vec<String> {
    message.headers().iter().map(|header| header.name().to_owned()).collect()
}

fn raw(message: &Message<'_>, name: &'static str) -> String {
    message.header_raw(name).unwrap_or_default().trim().to_owned()
}

fn all(address: Option<&Parsed<'_>>) -> Vec<(Option<String>, String)> {
    let one =
        |one: &mail_parser::Addr<'_>| (one.name().map(str::to_owned), one.address().unwrap().to_owned());
    address.unwrap().iter().map(one).collect()
}

/// What RFC 5322 and SES ask of every message.
fn well_formed(raw: &[u8]) {
    let text = String::from_utf8(raw.to_vec()).unwrap();
    assert!(text.is_ascii(), "7 bits only");
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "every line ends in CRLF");
    assert!(
        text.lines().all(|line| line.len() <= 78),
        "{}",
        text.lines().max_by_key(|line| line.len()).unwrap()
    );
}

#[test]
fn a_message_has_what_mail_programs_look_for() {
    let (reply_to, url) = (
        ["help@acme.example".to_owned(), "b@bücher.example".to_owned()],
        "https://c.example/unsubscribe/eyJ.a-b_c",
    );
    let envelope =
        Envelope { reply_to: &reply_to, unsubscribe_url: Some(url), locale: Some("de-CH"), ..envelope() };
    let bytes = mime(&envelope, &rendered("Tisch für zwei", "<p>Grüezi</p>\n", "Grüezi\n")).unwrap();
    well_formed(&bytes);
    let message = parse(&bytes);
    assert_eq!(all(message.from()), [(Some(String::from("Acme")), String::from("hi@acme.example"))]);
    assert_eq!(all(message.to()), [(None, String::from("ann@example.com"))]);
    let answers: Vec<String> = all(message.reply_to()).into_iter().map(|(_, address)| address).collect();
    assert_eq!(answers, ["help@acme.example", "b@xn--bcher-kva.example"]);
    assert_eq!(message.subject(), Some("Tisch für zwei"));
    assert_eq!(message.date().unwrap().to_rfc3339(), "2025-12-31T23:59:59Z");
    assert_eq!(raw(&message, "Auto-Submitted"), "auto-generated");
    assert_eq!(raw(&message, "Content-Language"), "de-CH");
    assert_eq!(raw(&message, "List-Unsubscribe"), format!("<{url}>"));
    assert_eq!(raw(&message, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(raw(&message, "X-Notification-Id"), "ntf_YW5u_01JZ");
    assert_eq!(raw(&message, "MIME-Version"), "1.0");
    assert!(!names(&message).contains(&String::from("Message-ID")), "SES gives it one");

    let whole = message.root_part();
    assert!(whole.is_content_type("multipart", "alternative"));
    let kinds: Vec<&str> = whole
        .sub_parts()
        .unwrap()
        .iter()
        .map(|part| message.part(*part).unwrap().content_type().unwrap().subtype().unwrap())
        .collect();
    assert_eq!(kinds, ["plain", "html"], "the richest last");
    assert_eq!(message.body_text(0).as_deref().map(str::trim_end), Some("Grüezi"));
    assert_eq!(message.body_html(0).as_deref().map(str::trim_end), Some("<p>Grüezi</p>"));
}

#[test]
fn only_what_can_be_unsubscribed_from_says_so() {
    let bytes = mime(&envelope(), &rendered("Hi", "<p>x</p>", "x")).unwrap();
    let names = names(&parse(&bytes));
    assert_eq!(
        names.iter().filter(|name| name.starts_with("List-") || *name == "Reply-To").count(),
        0,
        "{names:?}"
    );
}

#[test]
fn long_lines_and_every_script_arrive_as_they_were() {
    for text in [
        "x".repeat(998),
        "x".repeat(5_000),
        "ab ".repeat(2_000),
        "שלום עולם, مرحبا بالعالم".repeat(100),
        "😀".repeat(500),
        String::from("trailing space \nFrom the top\n.\n..dots\n=3D\ttab"),
        String::from("\u{0}nul \u{7f}del"),
    ] {
        let html = format!("<p dir=\"auto\">{text}</p>");
        let bytes = mime(&envelope(), &rendered("Hi", &html, &text)).unwrap();
        well_formed(&bytes);
        let message = parse(&bytes);
        let unix = |text: &str| text.replace("\r\n", "\n");
        assert_eq!(
            message.body_text(0).map(|body| unix(&body)).as_deref().map(str::trim_end),
            Some(text.trim_end())
        );
        assert_eq!(message.body_html(0).map(|body| unix(&body)), Some(html));
    }
}

#[test]
fn subjects_of_every_kind_arrive() {
    for subject in [
        "🎉 Ready 🎉",
        "Grüezi",
        "=?utf-8?Q?no?=",
        "a\tb",
        &"ä".repeat(255),
        &"x y ".repeat(60),
        "عنوان الرسالة",
    ] {
        let bytes = mime(&envelope(), &rendered(subject, "<p>x</p>", "x")).unwrap();
        well_formed(&bytes);
        let expected = subject.replace('\t', " ");
        assert_eq!(parse(&bytes).subject().map(str::trim_end), Some(expected.trim_end()), "{subject}");
    }
}

#[test]
fn nothing_can_add_a_header() {
    let evil = "x\r\nBcc: evil@example.com\r\n\r\nbody";
    let plain = names(&parse(&mime(&envelope(), &rendered("Hi", "<p>x</p>", "x")).unwrap()));
    let mailbox = Mailbox { name: Some(evil.to_owned()), address: String::from("hi@acme.example") };
    let from = Envelope { from: mailbox, ..envelope() };
    let bytes = mime(&from, &rendered(evil, "<p>x</p>", "x")).unwrap();
    well_formed(&bytes);
    let message = parse(&bytes);
    assert_eq!(names(&message), plain);
    assert_eq!(all(message.from()).first().unwrap().1, "hi@acme.example");
    assert_eq!(message.subject(), Some("x  Bcc: evil@example.com    body"));

    let url = "https://c.example/u>\r\nBcc: evil@example.com";
    let marked =
        Envelope { unsubscribe_url: Some(url), locale: Some("de\r\nX: y"), id: "a\r\nX: y", ..envelope() };
    let bytes = mime(&marked, &rendered("Hi", "<p>x</p>", "x")).unwrap();
    let message = parse(&bytes);
    assert!(!names(&message).iter().any(|name| name == "Bcc" || name == "X"), "{:?}", names(&message));
    assert!(matches!(
        message.header("List-Unsubscribe"),
        Some(HeaderValue::Address(_) | HeaderValue::Text(_))
    ));

    let addresses = [String::from("a@b.example\r\nBcc: evil@example.com")];
    let answers = Envelope { reply_to: &addresses, ..envelope() };
    assert!(matches!(mime(&answers, &rendered("Hi", "x", "x")), Err(EmailError::Address(_))));
    let to = Envelope { to: "ann@example.com, evil@example.com", ..envelope() };
    assert!(matches!(mime(&to, &rendered("Hi", "x", "x")), Err(EmailError::Address(_))));
}

#[test]
fn names_of_every_kind_arrive() {
    for name in ["Acme, Inc. \"The\" <Best>", "Bücher & Söhne", "株式会社", "a@b"] {
        let from = Mailbox { name: Some(name.to_owned()), address: String::from("hi@acme.example") };
        let bytes = mime(&Envelope { from, ..envelope() }, &rendered("Hi", "<p>x</p>", "x")).unwrap();
        assert_eq!(all(parse(&bytes).from()), [(Some(name.to_owned()), String::from("hi@acme.example"))]);
    }
    let from = Mailbox { name: Some(String::from(" \r\n")), address: String::from("hi@acme.example") };
    let bytes = mime(&Envelope { from, ..envelope() }, &rendered("Hi", "<p>x</p>", "x")).unwrap();
    assert_eq!(all(parse(&bytes).from()), [(None, String::from("hi@acme.example"))]);
}

#[test]
fn an_international_domain_goes_out_in_ascii() {
    let bytes =
        mime(&Envelope { to: "ann@bücher.example", ..envelope() }, &rendered("Hi", "<p>x</p>", "x")).unwrap();
    assert_eq!(all(parse(&bytes).to()), [(None, String::from("ann@xn--bcher-kva.example"))]);
}
